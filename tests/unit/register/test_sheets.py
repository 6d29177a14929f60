"""The register as sheets: what Dutch Excel makes of them, and every mistake by line and column."""

import contextlib
import csv
import io
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.register.history import Entry, Kind
from hub.register.kinds import PartyKind, Strength, Wish
from hub.register.model import Dependency, Party, Subscription
from hub.register.sheets import SheetRefused, columns, read_sheet, write_sheet
from schemas.terms import FunctionSlug, Tlp
from tests.registers import HISTORY

_HEAD = "van;naar;sterkte;bron;geldig_van;geldig_tot"
_ENTRY = Entry(Dependency(FunctionSlug.OIL, FunctionSlug.HEALTH, Strength.HIGH, "Bron"), date(2027, 1, 31))


def _problems(kind: Kind, content: bytes) -> list[tuple[int, str, str]]:
    with pytest.raises(SheetRefused) as refused:
        read_sheet(kind, content)
    return [(p.line, p.column, p.code) for p in refused.value.problems]


@pytest.mark.parametrize("kind", list(Kind))
def test_what_is_written_is_read_back_the_same(kind: Kind) -> None:
    entries = HISTORY.of_kind(kind)
    assert [row.entry for row in read_sheet(kind, write_sheet(kind, entries))] == list(entries)


def test_a_sheet_is_what_dutch_excel_opens() -> None:
    sheet = write_sheet(Kind.DEPENDENCY, [_ENTRY])
    assert sheet == b"\xef\xbb\xbf" + f"{_HEAD}\r\noil;health;hoog;Bron;2027-01-31;\r\n".encode()


@pytest.mark.parametrize(
    "text",
    [
        f"{_HEAD}\noil;health;hoog;Bron;31-1-2027;\n",
        f"{_HEAD}\noil;health;HOOG;Bron;31-01-2027;",
        f"\ufeff{_HEAD}\r\n oil ;health;hoog;Bron;2027-01-31; \r\n;;;;;\r\n\r\n",
        f"sep=;\r\n{_HEAD}\r\noil;health;hoog;Bron;2027-01-31;\r\n",
        f"{_HEAD}\noil;health;hoog;Bron;2027-01-31;\n".replace(";", ","),
        "bron;VAN;naar;sterkte;geldig_tot;geldig_van\nBron;oil;health;hoog;;2027-01-31\n",
    ],
)
def test_what_people_and_excel_make_of_a_sheet_is_read(text: str) -> None:
    assert [row.entry for row in read_sheet(Kind.DEPENDENCY, text.encode())] == [_ENTRY]


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"", (1, "van", "missing_column")),
        (f"{_HEAD};extra\n".encode(), (1, "extra", "unknown_column")),
        (b"van;naar;sterkte;bron;geldig_van\n", (1, "geldig_tot", "missing_column")),
        (f"van;{_HEAD}\n".encode(), (1, "van", "doubled_column")),
        (f"{_HEAD}\noil;health;hoog;B;2027-01-31\n".encode(), (2, "", "cells")),
        (f"{_HEAD}\noil;heelth;hoog;B;2027-01-31;\n".encode(), (2, "naar", "cell")),
        (f"{_HEAD}\noil;health;sterk;B;2027-01-31;\n".encode(), (2, "sterkte", "cell")),
        (f"{_HEAD}\noil;health;hoog;B;;\n".encode(), (2, "geldig_van", "cell")),
        (f"{_HEAD}\noil;health;hoog;B;31-2-2027;\n".encode(), (2, "geldig_van", "cell")),
        (f"{_HEAD}\noil;health;hoog;B;2027-01-31;morgen\n".encode(), (2, "geldig_tot", "cell")),
        (f'{_HEAD}\noil;health;hoog;"a\nb";2027-01-31;\nx;y;z;;;\n'.encode(), (4, "van", "cell")),
        (f'{_HEAD}\noil;health;hoog;"open;2027-01-31;\n'.encode(), (2, "", "csv")),
        (f"{_HEAD}\noil;health;hoog;café;2027-01-31;\n".encode("cp1252"), (2, "", "encoding")),
        (f"{_HEAD}\n".encode("utf-16"), (1, "", "encoding")),
        (b"x" * (5 * 1024 * 1024 + 1), (1, "", "too_large")),
    ],
)
def test_each_mistake_is_named_by_line_and_column(content: bytes, problem: tuple[int, str, str]) -> None:
    assert problem in _problems(Kind.DEPENDENCY, content)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (f"{_HEAD}\n".encode("utf-16"), "in UTF-16"),
        (f"{_HEAD}\n".encode("utf-16-be"), "geen CSV in UTF-8"),
        (f"{_HEAD}\noil;caf".encode() + b"\xe9", "na 'oil;caf'"),
        (f"{_HEAD}\n".encode() + b"\xe9", "aan het begin van de regel"),
        (f'{_HEAD}\noil;"open'.encode(), "aanhalingsteken"),
        (f'{_HEAD}\noil;"a"b;'.encode(), "aanhalingsteken"),
        (f"{_HEAD}\n{'x' * 200_000}".encode(), "cel"),
        (b"x" * (5 * 1024 * 1024 + 1), "groter dan 5 MB"),
    ],
)
def test_a_file_that_can_not_be_read_says_why_in_dutch(content: bytes, words: str) -> None:
    with pytest.raises(SheetRefused) as refused:
        read_sheet(Kind.DEPENDENCY, content)
    (problem,) = refused.value.problems
    assert words in problem.detail
    for english in ("unexpected", "expected after", "field larger", "na ''"):
        assert english not in problem.detail


def test_all_mistakes_are_named_at_once() -> None:
    text = f"{_HEAD}\nx;y;z;;niet;ook\noil;health;hoog;B;2027-01-31;\n;oil;laag;;1-1-2027;\n"
    found = _problems(Kind.DEPENDENCY, text.encode())
    assert [(line, column) for line, column, _ in found] == [
        (2, "van"),
        (2, "naar"),
        (2, "sterkte"),
        (2, "geldig_van"),
        (2, "geldig_tot"),
        (4, "van"),
    ]


def test_an_oin_that_excel_rounded_is_refused_with_the_cure() -> None:
    row = "enexis;Enexis;beheerder;a@b.example;9,90001E+17;NL;RED;;2024-01-01;"
    with pytest.raises(SheetRefused, match="zet de kolom op Tekst"):
        read_sheet(Kind.PARTY, f"{';'.join(columns(Kind.PARTY))}\n{row}\n".encode())


@pytest.mark.parametrize(
    "name", ["=1+1", "+31", "-x", "@x", "'=1", "''=1", "'s-Gravenhage", "’s-Hage", 'a;"b"']
)
def test_a_name_is_never_a_formula_and_comes_back_whole(name: str) -> None:
    facts = Party("x", name, PartyKind.OPERATOR, "a@b.example", "0" * 20, ("NL",), Tlp.RED)
    sheet = write_sheet(Kind.PARTY, [Entry(facts, date(2027, 1, 1))])
    _, row = csv.reader(io.StringIO(sheet.decode("utf-8-sig")), delimiter=";")
    assert row[1][0] not in "=+-@"
    (read,) = read_sheet(Kind.PARTY, sheet)
    assert read.entry.facts == facts


@pytest.mark.parametrize(
    ("cell", "kvk"), [("urn:nld:kvknr:00000001", "00000001"), ("00000001", "00000001"), ("", "")]
)
def test_a_party_may_have_a_kvk_number(cell: str, kvk: str) -> None:
    row = f"x;X;beheerder;a@b.example;{'0' * 20};NL;RED;{cell};2024-01-01;"
    (read,) = read_sheet(Kind.PARTY, f"{';'.join(columns(Kind.PARTY))}\n{row}\n".encode())
    assert isinstance(read.entry.facts, Party)
    assert read.entry.facts.kvk == kvk
    (back,) = read_sheet(Kind.PARTY, write_sheet(Kind.PARTY, [read.entry]))
    assert back.entry == read.entry


@pytest.mark.parametrize("cell", ["1", "1234567", "123456789", "urn:nld:oin:12345678", "1,2E+7"])
def test_a_kvk_number_has_eight_digits(cell: str) -> None:
    row = f"x;X;beheerder;a@b.example;{'0' * 20};NL;RED;{cell};2024-01-01;"
    content = f"{';'.join(columns(Kind.PARTY))}\n{row}\n".encode()
    assert _problems(Kind.PARTY, content) == [(2, "kvk", "cell")]


def test_a_sheet_of_parties_from_before_there_were_kvk_numbers_is_read() -> None:
    head = [name for name in columns(Kind.PARTY) if name != "kvk"]
    row = f"x;X;beheerder;a@b.example;{'0' * 20};NL;RED;2024-01-01;"
    (read,) = read_sheet(Kind.PARTY, f"{';'.join(head)}\n{row}\n".encode())
    assert isinstance(read.entry.facts, Party)
    assert read.entry.facts.kvk == ""


def test_a_subscription_keeps_its_filters() -> None:
    wish = Subscription(
        "gm0935",
        "stroom",
        Wish.NOT,
        (FunctionSlug.ELECTRICITY, FunctionSlug.OIL),
        ("GM0935", "PV31"),
        ({"any": [{"prefix": {"type": "nl."}}, {"exact": {"tlp": "CLEAR"}}]},),
    )
    entry = Entry(wish, date(2027, 1, 1), date(2028, 1, 1))
    (row,) = read_sheet(Kind.SUBSCRIPTION, write_sheet(Kind.SUBSCRIPTION, [entry]))
    assert row.entry == entry


@given(st.binary(max_size=300))
def test_any_bytes_are_read_or_refused(content: bytes) -> None:
    for kind in Kind:
        with contextlib.suppress(SheetRefused):
            read_sheet(kind, content)
