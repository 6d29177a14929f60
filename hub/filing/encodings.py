"""In what a text file was written. Excel says so in few kinds of CSV; what can't be known is refused."""

import re
from collections.abc import Iterator

from hub.filing.tables import FileRefused, refused

SAVE_AS = "Kies in Excel bij Opslaan als: 'CSV UTF-8 (door lijstscheidingsteken gescheiden)'"
_MARKS = {b"\xef\xbb\xbf": "utf-8-sig", b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16"}
_UTF_16 = {1: "utf-16-le", 0: "utf-16-be"}
_OF_WINDOWS = re.compile("(?<=[a-z])[àâ-öø-ÿ]")
"""No text of a Mac or of MS-DOS reads so in Windows-1252: these are capitals and marks there ('cafÈ')."""
_ODD_IN_WINDOWS = re.compile(
    "[Ÿˆ˜¡¿ÒÕÐ]"
    "|(?<=[^\\W\\d_])[ŽžŠš]|[žŠš](?![^\\W\\d_])|Ž(?![aeiouAEIOU])"
    "|(?<=[^\\W\\d_])[“‘”•—™‰‹›„ƒ†‡€¢]+(?=[^\\W\\d_])"
    "|(?<=[^\\W\\d_])‚|‚‚n(?![^\\W\\d_])"
    "|(?<=[a-zß-ÿ])[À-ÖØ-Þ]"
    "|(?<![^\\W\\d_])[ÉÊÑÓÔÛ](?![^\\W\\d_])"
)
"""How text of a Mac ('financi‘le', 'cafŽ', 'Û 5') or of MS-DOS ('caf‚', 'v¢¢r') reads in Windows-1252, and no
Dutch text does. A name may begin with such a letter ('Škoda'), where no Dutch word of a Mac has it."""
_IN_PARTS = re.compile("Ã[^\\w\\s]|â‚¬")
"""How letters in UTF-8 read in Windows-1252 ('Ã©'): two files were put in one."""


def decoded(content: bytes) -> str:
    """The text of a file: in UTF-8, in UTF-16 with its mark or without, in Windows-1252, or of a Mac when its
    lines end as those of old Macs. Raises FileRefused."""
    for encoding in _encodings(content):
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError as error:
            row = content.count(b"\n", 0, error.start) + 1
            continue
        _check(text, encoding)
        return text
    raise _unreadable(row)


def _encodings(content: bytes) -> Iterator[str]:
    if of_mark := [encoding for mark, encoding in _MARKS.items() if content.startswith(mark)]:
        yield from of_mark
        return
    # Of most letters, and of all that stands between cells, the same one of two bytes is zero.
    zeros = [content[start::2].count(0) for start in (0, 1)]
    if max(zeros) > len(content) // 4:
        yield _UTF_16[zeros.index(max(zeros))]
    else:
        yield "utf-8"
        yield "cp1252" if b"\n" in content or b"\r" not in content else "mac_roman"


def _check(text: str, encoding: str) -> None:
    if (at := text.find("\0")) >= 0:
        raise _unreadable(_row(text, at))
    may_be_of_mac = encoding == "cp1252" and not _OF_WINDOWS.search(text)
    odd = _IN_PARTS.search(text) if encoding == "cp1252" else None
    odd = odd or (_ODD_IN_WINDOWS.search(text) if may_be_of_mac else None)
    if odd:
        shown = text[max(odd.start() - 10, 0) : odd.end() + 10].replace("\r", "\n").split("\n")
        word = next(part for part in shown if odd[0] in part).strip()
        how = "zo te zien bewaard op een Mac, voor MS-DOS, of deels als UTF-8"
        detail = f"'{word}' is niet goed te lezen: {how}. {SAVE_AS}"
        raise refused("encoding", detail, row=_row(text, odd.start()))


def _unreadable(row: int) -> FileRefused:
    return refused("encoding", f"heeft tekens die niet te lezen zijn. {SAVE_AS}", row=row)


def _row(text: str, at: int) -> int:
    return text.count("\n", 0, at) + 1
