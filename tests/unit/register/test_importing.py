"""Sheets into the register: what is wrong is told at the line where it stands, also in a sheet that stays."""

import pytest

from hub.register.history import Kind
from hub.register.importing import imported
from hub.register.sheets import SheetRefused, write_sheet
from tests.registers import HISTORY, without_party

_WITHOUT = without_party(HISTORY, "enexis")


def test_what_was_exported_changes_nothing() -> None:
    sheets = {kind: write_sheet(kind, HISTORY.of_kind(kind)) for kind in Kind}
    assert imported(HISTORY, sheets) == HISTORY


def test_a_sheet_that_still_refers_to_what_went_is_named_with_the_line_of_an_export() -> None:
    parties = write_sheet(Kind.PARTY, _WITHOUT.of_kind(Kind.PARTY))
    with pytest.raises(SheetRefused) as refused:
        imported(HISTORY, {Kind.PARTY: parties})
    exported = write_sheet(Kind.ROLE, HISTORY.of_kind(Kind.ROLE)).decode().splitlines()
    lines = [number for number, line in enumerate(exported, 1) if line.startswith("enexis;")]
    assert [problem.line for problem in refused.value.problems] == lines
    told = str(refused.value.problems[0])
    assert told.startswith(f"rollen (niet in deze import, regel van een export van nu), regel {lines[0]},")
    assert "'enexis electricity operator': 'enexis' staat niet in het register" in told


def test_both_sheets_together_go_in() -> None:
    sheets = {kind: write_sheet(kind, _WITHOUT.of_kind(kind)) for kind in (Kind.PARTY, Kind.ROLE)}
    assert imported(HISTORY, sheets).entries == _WITHOUT.entries


def test_a_line_in_a_sheet_that_is_given_is_the_line_of_that_sheet() -> None:
    parties = write_sheet(Kind.PARTY, _WITHOUT.of_kind(Kind.PARTY))
    roles = b"\r\n".join([*write_sheet(Kind.ROLE, HISTORY.of_kind(Kind.ROLE)).split(b"\r\n")[:1], b"", b""])
    roles += b"enexis;oil;adviseur;2024-01-01;\r\n"
    with pytest.raises(SheetRefused, match="rollen, regel 3, kolom 'partij': 'enexis' staat niet"):
        imported(HISTORY, {Kind.PARTY: parties, Kind.ROLE: roles})


def test_what_must_be_there_is_named_in_its_own_sheet() -> None:
    parties = write_sheet(Kind.PARTY, without_party(HISTORY, "kernteam-overall").of_kind(Kind.PARTY))
    with pytest.raises(SheetRefused, match=r"^partijen: 'kernteam-overall' moet er zijn vanaf 2024-01-01"):
        imported(HISTORY, {Kind.PARTY: parties})
