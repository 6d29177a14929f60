"""Sheets go into the register together or not at all, each mistake told by line and column."""

from datetime import date

import pytest

from hub.register.history import Entry, Kind
from hub.register.importing import imported
from hub.register.model import Subscription, Wish
from hub.register.sheets import SheetRefused, write_sheet
from tests.registers import HISTORY, with_facts


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
