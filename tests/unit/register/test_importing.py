"""Sheets go into the register together or not at all; what is wrong is told by its line, also in a sheet that
stays."""

from datetime import date

import pytest

from hub.register.history import Entry, Kind
from hub.register.importing import imported
from hub.register.kinds import Wish
from hub.register.model import Subscription
from hub.register.sheets import SheetRefused, write_sheet
from tests.registers import HISTORY, with_facts, without_party

_WITHOUT = without_party(HISTORY, "enexis")


def _refused(kind: Kind, entries: tuple[Entry, ...]) -> list[tuple[int, str, str]]:
    with pytest.raises(SheetRefused) as refused:
        imported(HISTORY, {kind: write_sheet(kind, entries)})
    return [(problem.line, problem.column, problem.code) for problem in refused.value.problems]


def test_a_cell_with_a_state_marking_is_told_by_line_and_column() -> None:
    parties = with_facts(HISTORY, Kind.PARTY, "acm", name="Bureau Stg. Geheim").of_kind(Kind.PARTY)
    line = 2 + [entry.key for entry in parties].index("acm")
    assert _refused(Kind.PARTY, parties) == [(line, "naam", "classified")]
    wish = Subscription("gm0935", "olie", Wish.DIGEST, filters=({"exact": {"subject": "DEP.V."}},))
    assert _refused(Kind.SUBSCRIPTION, (Entry(wish, date(2027, 1, 1)),)) == [(2, "filters", "classified")]


def test_a_cell_that_no_event_of_the_hub_could_tell_of_is_told_by_line_and_column() -> None:
    areas = tuple(entry.key for entry in HISTORY.of_kind(Kind.AREA))
    parties = with_facts(HISTORY, Kind.PARTY, "acm", areas=areas).of_kind(Kind.PARTY)
    line = 2 + [entry.key for entry in parties].index("acm")
    assert _refused(Kind.PARTY, parties) == [(line, "gebieden", "too_many_areas")]
    wish = Subscription("gm0935", "p-111222333", Wish.DIGEST)
    entries = (Entry(wish, date(2027, 1, 1)),)
    assert _refused(Kind.SUBSCRIPTION, entries) == [(2, "abonnement", "personal_data")]


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
