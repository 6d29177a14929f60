"""Municipal reorganisation: from the day on the new municipality, before it the old ones."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hub.register.faults import faults
from hub.register.history import Entry, History, Kind
from hub.register.kinds import RoleKind, Wish
from hub.register.merging import MergeRefused, MovedRole, merged, moved_roles
from hub.register.model import AreaFacts, Role, Subscription
from hub.rules.admission import admission, outdated
from hub.rules.recipients import recipients
from hub.rules.responsible import roles_in
from schemas.terms import FunctionSlug
from tests.events import event
from tests.registers import HISTORY

DAY = date(2027, 1, 1)
BEFORE, AFTER = (history_day for history_day in (DAY - timedelta(days=1), DAY))
HILVERSUM = merged(HISTORY, ["GM1696"], "GM0402", DAY)


def test_a_merger_leaves_a_sound_register() -> None:
    assert faults(HILVERSUM) == []
    assert HILVERSUM.next_change(BEFORE) == DAY


def test_before_the_day_nothing_changes() -> None:
    old, new = HISTORY.on(BEFORE), HILVERSUM.on(BEFORE)
    assert (new.parties, new.roles, new.areas) == (old.parties, old.roles, old.areas)


def test_from_the_day_on_there_is_one_municipality_less() -> None:
    register = HILVERSUM.on(AFTER)
    assert len(register.areas["NL"].municipalities) == 341
    assert "GM1696" not in register.areas
    assert "gm1696" not in register.parties
    assert "gm1696" not in {role.party for role in register.roles}
    assert register.former["GM1696"].until == DAY


def test_the_other_one_takes_the_water_boards_too() -> None:
    old, new = HISTORY.on(AFTER), HILVERSUM.on(AFTER)
    boards = {code for code in (*old.areas["GM1696"].within, *old.areas["GM0402"].within) if code[:2] == "WS"}
    assert {code for code in new.areas["GM0402"].within if code[:2] == "WS"} == boards
    assert new.areas["GM0402"].within[:2] == old.areas["GM0402"].within[:2]


def test_an_event_about_the_old_municipality_reaches_the_new_one() -> None:
    register = HILVERSUM.on(AFTER)
    found = event("bottleneck-found", areas="GM1696")
    assert "gm0402" in {recipient.party for recipient in recipients(found, register)}
    assert admission(found, register) == []


def test_a_new_event_about_the_old_municipality_is_refused_with_the_new_name() -> None:
    register = HILVERSUM.on(AFTER)
    (problem,) = outdated(event("bottleneck-found", areas="GM0402,GM1696"), register)
    assert (problem.field, problem.code) == ("areas", "area_ended")
    assert "GM0402" in problem.detail
    assert outdated(event("bottleneck-found", areas="GM1696"), HILVERSUM.on(BEFORE)) == []


def test_a_party_that_ended_is_refused_as_recipient_and_as_sender() -> None:
    register = HILVERSUM.on(AFTER)
    named = event("bottleneck-found", data={"recipients": ["gm1696"]})
    assert [p.field for p in outdated(named, register)] == ["data/recipients/0"]
    source = f"urn:nld:oin:{HISTORY.on(BEFORE).parties['gm1696'].oin}:systeem:x"
    assert [p.field for p in outdated(event("bottleneck-found", source=source), register)] == ["source"]


def test_who_served_the_old_municipality_serves_the_new_one() -> None:
    before = {h.party for h in roles_in(FunctionSlug.DRINKING_WATER, "GM1696", HILVERSUM.on(BEFORE))}
    after = {h.party for h in roles_in(FunctionSlug.DRINKING_WATER, "GM0402", HILVERSUM.on(AFTER))}
    assert before <= after


def test_a_subscription_to_the_old_area_goes_on_for_the_new_one() -> None:
    wish = Subscription("pv27", "wijdemeren", Wish.DIGEST, areas=("GM1696", "GM0402"))
    own = Subscription("gm1696", "eigen", Wish.DIGEST)
    entries = (Entry(wish, date(2026, 1, 1)), Entry(own, date(2026, 1, 1)))
    register = merged(History.of(1, (*HISTORY.entries, *entries)), ["GM1696"], "GM0402", DAY).on(AFTER)
    assert [(s.party, s.areas) for s in register.subscriptions] == [("pv27", ("GM0402",))]


def _limburg(*more: Entry) -> History:
    """With a new municipality, from the day on, that Heerlen and Kerkrade are to go into."""
    within = HISTORY.on(DAY).areas["GM0917"].within
    party = replace(HISTORY.on(DAY).parties["gm0917"], slug="gm1999", oin="0" * 20, areas=("GM1999",))
    new = (Entry(AreaFacts("GM1999", "Parkstad", within), DAY), Entry(party, DAY))
    return History.of(1, (*HISTORY.entries, *new, *more))


def _operators(history: History, day: date) -> set[str]:
    held = roles_in(FunctionSlug.WASTE_WATER, "GM1999", history.on(day))
    return {one.party for one in held if one.kind is RoleKind.OPERATOR}


def test_a_new_municipality_takes_over_the_roles_of_those_that_go_into_it() -> None:
    old = _limburg()
    new = merged(old, ["GM0917", "GM0928"], "GM1999", DAY)
    assert faults(new) == []
    assert "gm1999" not in _operators(old, AFTER)
    assert "gm1999" in _operators(new, AFTER)
    assert [role for role in new.on(AFTER).roles if role.party in ("gm0917", "gm0928")] == []
    moves = moved_roles(old, ["GM0917", "GM0928"], "GM1999", DAY)
    role = Role("gm1999", FunctionSlug.WASTE_WATER, RoleKind.OPERATOR)
    assert [m for m in moves if m.role == role] == [
        MovedRole("gm0917", role, (Entry(role, DAY),)),
        MovedRole("gm0928", role, ()),
    ]


def test_a_role_that_the_successor_has_already_is_not_doubled() -> None:
    moves = moved_roles(HISTORY, ["GM1696"], "GM0402", DAY)
    assert moves
    assert all(move.entries == () for move in moves)


_SPANS = st.tuples(st.integers(-9, 9), st.none() | st.integers(1, 9)).map(
    lambda span: (DAY + timedelta(span[0]), span[1] and DAY + timedelta(span[0] + span[1]))
)


@settings(max_examples=30)
@given(st.tuples(*[st.lists(_SPANS, max_size=1)] * 3))
def test_the_successor_has_a_role_on_each_day_that_one_of_them_would_have_had_it(
    spans: tuple[list[tuple[date, date | None]], ...],
) -> None:
    function, kind = FunctionSlug.OIL, RoleKind.ADVISER
    parties = ("gm0917", "gm0928", "gm0994")
    entries = [
        Entry(Role(party, function, kind), *span)
        for party, own in zip(parties, spans, strict=True)
        for span in own
    ]
    old = History.of(1, (*HISTORY.entries, *entries))
    new = merged(old, ["GM0917", "GM0928"], "GM0994", DAY)
    assert faults(new) == []
    for days in range(-10, 20):
        day = DAY + timedelta(days)
        had, has = (
            {
                entry.facts.party
                for entry in history.of_kind(Kind.ROLE)
                if isinstance(entry.facts, Role)
                and entry.facts == Role(entry.facts.party, function, kind)
                and entry.facts.party in parties
                and entry.holds_on(day)
            }
            for history in (old, new)
        )
        assert has == (had if day < DAY or not had else {"gm0994"})


def test_a_municipality_without_a_party_can_take_nothing_over() -> None:
    without = History.of(1, (e for e in _limburg().entries if e.key != "gm1999"))
    with pytest.raises(MergeRefused, match="geen gemeente partij"):
        merged(without, ["GM0917"], "GM1999", DAY)


def test_a_municipality_goes_once() -> None:
    with pytest.raises(MergeRefused, match=r"'GM1696' houdt al op per 2027-01-01"):
        merged(HILVERSUM, ["GM1696"], "GM0417", date(2026, 6, 1))


@pytest.mark.parametrize(
    ("gone", "into"),
    [
        (["GM9999"], "GM0402"),
        (["GM1696"], "GM9999"),
        (["GM0402"], "GM0402"),
        ([], "GM0402"),
        (["PV27"], "GM0402"),
    ],
)
def test_an_impossible_merger_is_refused(gone: list[str], into: str) -> None:
    with pytest.raises(MergeRefused):
        merged(HISTORY, gone, into, DAY)


def test_merging_twice_is_refused() -> None:
    with pytest.raises(MergeRefused, match="GM1696"):
        merged(HILVERSUM, ["GM1696"], "GM0402", DAY)


def test_who_is_responsible_is_known_for_any_day() -> None:
    held = roles_in(FunctionSlug.DRINKING_WATER, "GM0363", HISTORY.on(date(2025, 7, 1)))
    assert [h.party for h in held if h.kind is RoleKind.RESPONSIBLE_MINISTRY] == ["min-ienw"]
    assert "waternet" in {h.party for h in held if h.kind is RoleKind.OPERATOR}
    assert "evides" not in {h.party for h in held}
