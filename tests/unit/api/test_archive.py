"""The sheets of the register in a zip: what goes out comes in, and nothing else does."""

import io
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.api import archive
from connectors.api.body import BodyRefused
from hub.register.history import History, Kind
from hub.register.importing import imported
from hub.register.sheets import SheetRefused
from tests.registers import HISTORY

_PACKED = archive.packed(History(7, HISTORY.entries))


def _zip(*files: tuple[str, bytes], how: int = zipfile.ZIP_DEFLATED) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", how) as out:
        for name, content in files:
            out.writestr(name, content)
    return made.getvalue()


def _codes(content: bytes) -> list[tuple[str, str]]:
    with pytest.raises(SheetRefused) as refused:
        archive.unpacked(content)
    return [(problem.sheet, problem.code) for problem in refused.value.problems]


def test_what_goes_out_comes_in_the_same_with_its_version() -> None:
    sheets = archive.unpacked(_PACKED)
    assert imported(HISTORY, sheets.contents) == HISTORY
    assert sheets.editions == dict.fromkeys(Kind, 7)
    assert archive.packed(History(7, HISTORY.entries)) == _PACKED
    assert len(_PACKED) < archive.MOST_PACKED / 4


def test_a_sheet_without_its_version_has_none() -> None:
    for files in ([], [("versie.csv", b"\xff")], [("versie.csv", b"blad;versie\r\nrollen;3\r\n")]):
        assert archive.unpacked(_zip(("functies.csv", b"x"), *files)).editions == {Kind.FUNCTION: None}


@pytest.mark.parametrize(
    "name",
    [
        "../rollen.csv",
        "/rollen.csv",
        "register/rollen.csv",
        "register/",
        "Rollen.csv",
        "..\\rollen.csv",
        "a" * 99,
    ],
)
def test_a_name_that_is_no_sheet_is_refused(name: str) -> None:
    assert _codes(_zip((name, b""), ("rollen.csv", b""))) == [(name[:40], "unknown_sheet")]


def test_every_wrong_member_is_named_up_to_a_screenful() -> None:
    wrong = [(f"{number}.exe", b"") for number in range(60)]
    assert _codes(_zip(*wrong[:2])) == [("0.exe", "unknown_sheet"), ("1.exe", "unknown_sheet")]
    assert len(_codes(_zip(*wrong))) == 50


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_doubled_locked_and_oddly_packed_sheets_are_refused() -> None:
    assert _codes(_zip(("rollen.csv", b"a"), ("rollen.csv", b"b"))) == [("rollen.csv", "doubled_sheet")]
    assert _codes(_zip(("rollen.csv", b"a"), how=zipfile.ZIP_LZMA)) == [("rollen.csv", "compression")]
    locked = bytearray(_zip(("rollen.csv", b"a")))
    locked[locked.index(b"PK\x01\x02") + 8] |= 1
    assert _codes(bytes(locked)) == [("rollen.csv", "encrypted")]


def test_without_a_sheet_there_is_nothing_to_do() -> None:
    assert _codes(_zip()) == _codes(_zip(("versie.csv", b""))) == [("", "no_sheets")]


def test_a_bomb_is_refused_before_it_is_all_unpacked() -> None:
    part = b"0" * (archive.MOST_UNPACKED // 2 + 1)
    bomb = _zip(("rollen.csv", part), ("partijen.csv", part))
    assert len(bomb) < archive.MOST_PACKED / 10
    with pytest.raises(BodyRefused) as refused:
        archive.unpacked(bomb)
    assert refused.value.status == 413


def test_a_bomb_that_lies_about_its_size_gives_no_more_than_it_says() -> None:
    lying = bytearray(_zip(("rollen.csv", b"0" * archive.MOST_UNPACKED * 2)))
    entry = lying.index(b"PK\x01\x02")
    lying[entry + 24 : entry + 28] = (10).to_bytes(4, "little")
    assert _codes(bytes(lying)) == [("", "zip")]


@given(st.data())
def test_a_broken_zip_is_refused_and_nothing_else_happens(data: st.DataObject) -> None:
    content = bytearray(_zip(("functies.csv", b"naam;x\r\n"), ("versie.csv", b"blad;versie\r\n")))
    for place in data.draw(st.lists(st.integers(0, len(content) - 1), max_size=4)):
        content[place] = data.draw(st.integers(0, 255))
    try:
        sheets = archive.unpacked(bytes(content[: data.draw(st.integers(0, len(content)))]))
    except (SheetRefused, BodyRefused):
        return
    assert sheets.contents
