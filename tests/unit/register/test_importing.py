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
