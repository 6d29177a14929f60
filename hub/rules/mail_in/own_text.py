"""What someone wrote in a reply, without what the mail program put below it.

Line by line, in time that grows with the text only. Of the libraries, mail-parser-reply 1.36 leaves
'Op ... schreef Naam <adres>:' in place, and takes two minutes for 20,000 line ends."""

import re
from collections import Counter
from itertools import dropwhile, takewhile

ABOVE = "##- Schrijf uw antwoord boven deze regel -##"
"""Stands at the top of what may be replied to: all from there on is not the reply's own."""
ABOVE_IN_ENGLISH = "##- Write your answer above this line -##"
HOW_TO_REPLY = (
    "U kunt deze mail beantwoorden. Begin elk antwoord met het nummer dat bij de vraag staat, zoals '24-3:'. "
    "Wie het vraagt, krijgt uw antwoord zoals u het schrijft; het heeft het label van de vraag."
)
_HEADER = re.compile(
    r"[ *_]{0,4}(van|from|von|verzonden|sent|gesendet|aan|to|an|onderwerp|subject|betreff|datum|date|cc)"
    r"[ *_]{0,4}:",
    re.I,
)
_FIRST_HEADER = re.compile(r"[ *_]{0,4}(van|from|von)[ *_]{0,4}:", re.I)
_RULE = re.compile(r"_{10,}")
"""Outlook draws it above the headers of what it quotes."""
_BEGINS = re.compile(r"(op|on|am|le)\s", re.I)
_WROTE = re.compile(
    r"(schreef|wrote|schrieb|a écrit)\b.{0,200}:\s*$|\bschreef.{0,200}:\s*$|\bhet volgende geschreven:\s*$",
    re.I,
)
_ORIGINAL = re.compile(
    r"-{3,}\s*(oorspronkelijk bericht|original message|doorgestuurd bericht|forwarded message)\s*-{3,}", re.I
)
_ABOVE = re.compile("|".join(map(re.escape, (ABOVE, ABOVE_IN_ENGLISH))))
_LINK = re.compile(r"(https?://|mailto:)\S+", re.I)
_WORD = re.compile(r"\w+")
_LONGEST_LINE = 1000
_ATTRIBUTION_LINES = 3


def own_text(text: str) -> str:
    """The text above what is quoted, without its signature ('-- ') and without quoted lines; empty when
    nothing is left."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    own = list(takewhile(lambda line: not _ABOVE.search(line) and line.rstrip("\n") != "-- ", lines))
    end = next((at for at in range(len(own)) if _quote_begins(own, at)), len(own))
    kept = [line.rstrip() for line in own[:end] if not line.lstrip().startswith(">")]
    return "\n".join(kept).strip()


def is_written_below(text: str, *asked: str) -> bool:
    """Whether something of the reply's own stands below the line above which it was asked: outside what is
    marked with '>', or in a mail that marks nothing, words that none of the forms of the mail of the hub,
    `asked`, has so often."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    below = list(dropwhile(lambda line: not _ABOVE.search(line), lines))
    if not below:
        return False
    own = list(takewhile(lambda line: line != "-- ", below))
    if not below[0].lstrip().startswith(">"):
        known: Counter[str] = Counter()
        for form in asked:
            known |= _words(form)
        return bool(_words(_ABOVE.split("\n".join(own), maxsplit=1)[1]) - known)
    return any(line.strip() and not line.lstrip().startswith(">") for line in own)


def _words(text: str) -> Counter[str]:
    """The words, without links: mail programs write those anew."""
    return Counter(_WORD.findall(_LINK.sub(" ", text).casefold()))


def _quote_begins(lines: list[str], at: int) -> bool:
    line = lines[at].strip()
    if len(line) > _LONGEST_LINE:
        return False
    if _ORIGINAL.match(line):
        return True
    if _RULE.fullmatch(line):
        return at + 1 < len(lines) and _headers_begin(lines, at + 1)
    if _headers_begin(lines, at):
        return True
    if _BEGINS.match(line):
        for last in range(at, min(at + _ATTRIBUTION_LINES, len(lines))):
            # A blank line ends it; one that begins so itself is judged by itself.
            if last > at and (not lines[last].strip() or _BEGINS.match(lines[last].strip())):
                return False
            joined = " ".join(other.strip() for other in lines[at : last + 1])
            if len(joined) <= _LONGEST_LINE and _WROTE.search(joined):
                return True
    return False


def _headers_begin(lines: list[str], at: int) -> bool:
    if not _FIRST_HEADER.match(lines[at].strip()):
        return False
    following = [other for other in lines[at + 1 : at + 5] if other.strip()]
    return sum(bool(_HEADER.match(other.strip())) for other in following) >= 2
