"""What changed between two registers."""

import dataclasses
from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from hub.register.changes import ChangeKind, changes
from hub.register.history import Entry, History, Kind
from hub.register.kinds import RoleKind
from hub.register.model import Role
from schemas.terms import FunctionSlug, Tlp
from tests.registers import HISTORY, with_facts, without_party


def test_no_change_is_no_change() -> None:
    assert changes(HISTORY, HISTORY) == []


def test_a_change_names_the_facts_that_differ() -> None:
    new = with_facts(HISTORY, Kind.PARTY, "enexis", mailbox="vragen@enexis.example", clearance=Tlp.GREEN)
    (change,) = changes(HISTORY, new)
    assert (change.kind, change.changed_fields) == (ChangeKind.CHANGED, ("mailbox", "clearance"))


def test_an_end_is_an_end_and_a_beginning_an_addition() -> None:
    until = date(2027, 1, 1)
    ((place, old),) = [(i, e) for i, e in enumerate(HISTORY.entries) if e.key == "enexis"]
    ended = dataclasses.replace(old, until=until)
    newer = dataclasses.replace(old, since=until, facts=dataclasses.replace(old.facts, name="Nieuw"))
    entries = (*HISTORY.entries[:place], ended, newer, *HISTORY.entries[place + 1 :])
    found = changes(HISTORY, History.of(1, entries))
    assert [(c.kind, c.entry) for c in found] == [(ChangeKind.ENDED, ended), (ChangeKind.ADDED, newer)]


def test_what_is_taken_out_is_removed() -> None:
    found = changes(HISTORY, without_party(HISTORY, "enexis"))
    assert {change.kind for change in found} == {ChangeKind.REMOVED}
    assert {change.entry.kind for change in found} == {Kind.PARTY, Kind.ROLE}


_ENTRIES = st.builds(
    Entry,
    st.builds(Role, st.sampled_from("abc"), st.sampled_from(FunctionSlug), st.just(RoleKind.OPERATOR)),
    st.dates(date(2024, 1, 1), date(2024, 1, 9)),
    st.none() | st.dates(date(2024, 2, 1), date(2024, 2, 9)),
)
_HISTORIES = st.lists(_ENTRIES, unique_by=lambda e: (e.key, e.since)).map(lambda e: History.of(1, e))


@given(_HISTORIES, _HISTORIES)
def test_the_changes_lead_from_the_one_to_the_other(old: History, new: History) -> None:
    entries = list(old.entries)
    for change in changes(old, new):
        if change.before is not None:
            entries.remove(change.before)
    entries += [change.after for change in changes(old, new) if change.after is not None]
    assert History.of(1, entries) == new
    assert (changes(old, new) == []) == (old == new)
