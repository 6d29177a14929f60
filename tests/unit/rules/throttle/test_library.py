"""An answer serves everyone who may have it, and nobody else."""

from datetime import date, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.rules.throttle.answered import (
    Again,
    News,
    may_ask_again,
    receivers,
    to_renew,
    told_of_change,
)
from hub.rules.throttle.library import Having, Kept, Kind, may_have, replaces, reuse, valid_until
from hub.rules.throttle.policy import Validity
from schemas.terms import Tlp
from tests.registers import REGISTER

TODAY = date(2027, 6, 1)
AREAS = ("GM0935", "GM0938", "GM0994", "GM0882")
PARTIES = ("gm0935", "gm0938", "actiz", "tennet", "nobody")
KEPT = Kept(
    UUID(int=1),
    "key",
    Kind.STATIC,
    ("electricity",),
    frozenset(AREAS[:2]),
    TODAY - timedelta(days=9),
    TODAY + timedelta(days=9),
    Tlp.CLEAR,
)

_kept = st.builds(
    KEPT._replace,
    answer=st.integers(1, 99).map(lambda n: UUID(int=n)),
    merge_key=st.sampled_from(["key", "other"]),
    kind=st.sampled_from(Kind),
    areas=st.frozensets(st.sampled_from(AREAS), min_size=1),
    given_on=st.integers(-3, 20).map(lambda ago: TODAY - timedelta(days=ago)),
    valid_until=st.integers(-3, 20).map(lambda days: TODAY + timedelta(days=days)),
    tlp=st.none() | st.sampled_from(Tlp),
    named=st.frozensets(st.sampled_from(PARTIES)),
    superseded=st.booleans(),
)
_libraries = st.lists(_kept, max_size=12, unique_by=lambda kept: kept.answer)


@given(_libraries, st.lists(st.sampled_from(AREAS), min_size=1, unique=True), st.sampled_from(PARTIES))
def test_p16_what_is_served_and_what_is_asked_are_the_areas_each_once(
    library: list[Kept], areas: list[str], asker: str
) -> None:
    found = reuse(library, ["key"], areas, asker, TODAY, REGISTER)
    covered = [area for served in found.served for area in served.areas]
    assert sorted([*covered, *found.gap]) == sorted(areas)
    for kept, rows in found.served:
        assert set(rows) <= kept.areas
        assert (kept.merge_key, kept.superseded) == ("key", False)
        assert kept.given_on <= TODAY <= kept.valid_until
        assert may_have(kept, asker, REGISTER) is Having.MAY
    for kept in library:
        usable = (
            kept.merge_key == "key" and not kept.superseded and may_have(kept, asker, REGISTER) == "may-have"
        )
        if usable and kept.given_on <= TODAY <= kept.valid_until:
            assert kept.areas.isdisjoint(found.gap)


@given(_libraries, st.lists(st.sampled_from(PARTIES)), st.frozensets(st.sampled_from(PARTIES)))
def test_p15_each_entitled_asker_receives_an_answer_once_and_nobody_else(
    library: list[Kept], askers: list[str], had: frozenset[str]
) -> None:
    for kept in library:
        first = receivers(kept, askers, had, REGISTER)
        assert len(set(first)) == len(first)
        assert set(first) == {a for a in askers if may_have(kept, a, REGISTER) is Having.MAY} - had
        assert receivers(kept, askers, had | set(first), REGISTER) == ()


@given(_kept, _kept, st.frozensets(st.sampled_from(PARTIES)))
def test_p15_a_change_reaches_everyone_who_had_the_answer_and_tells_no_more_than_it_may(
    old: Kept, new: Kept, had: frozenset[str]
) -> None:
    assert told_of_change(had, None, REGISTER) == dict.fromkeys(had, News.RETRACTION)
    told = told_of_change(had, new, REGISTER)
    assert told.keys() == had
    corrected = {party for party, news in told.items() if news is News.CORRECTION}
    assert corrected == {party for party in had if may_have(new, party, REGISTER) is Having.MAY}


@pytest.mark.parametrize(
    ("changed", "asker", "found"),
    [
        ({}, "gm0935", Having.MAY),
        ({}, "nobody", Having.NOT_REGISTERED),
        ({"tlp": None}, "tennet", Having.NO_LABEL),
        ({"tlp": Tlp.RED, "named": frozenset({"tennet"})}, "tennet", Having.RED),
        ({"tlp": Tlp.AMBER}, "tennet", Having.NOT_NAMED),
        ({"tlp": Tlp.AMBER, "named": frozenset({"tennet"})}, "tennet", Having.MAY),
        ({"tlp": Tlp.AMBER_STRICT, "named": frozenset({"tennet"})}, "tennet", Having.MAY),
        ({"tlp": Tlp.AMBER_STRICT, "named": frozenset({"tennet"})}, "gm0935", Having.NOT_NAMED),
        ({"tlp": Tlp.AMBER, "named": frozenset({"actiz"})}, "actiz", Having.CLEARANCE),
        ({"tlp": Tlp.GREEN}, "tennet", Having.MAY),
        ({"tlp": Tlp.GREEN}, "gm0935", Having.MAY),
        ({"tlp": Tlp.GREEN}, "pv31", Having.MAY),
        ({"tlp": Tlp.GREEN}, "pv30", Having.NO_ROLE),
        ({"tlp": Tlp.GREEN}, "gm0994", Having.NO_ROLE),
        ({"tlp": Tlp.GREEN, "functions": ("health",)}, "actiz", Having.MAY),
    ],
)
def test_who_may_have_an_earlier_answer(changed: dict[str, object], asker: str, found: Having) -> None:
    assert may_have(KEPT._replace(**changed), asker, REGISTER) is found


def test_the_newest_answer_serves_each_area_and_an_answer_goes_before_a_decline() -> None:
    newer = KEPT._replace(answer=UUID(int=2), areas=frozenset(AREAS[1:3]), given_on=TODAY)
    declined = KEPT._replace(answer=UUID(int=3), kind=Kind.DECLINE, areas=frozenset(AREAS), given_on=TODAY)
    found = reuse([KEPT, declined, newer], ["key"], AREAS, "gm0935", TODAY, REGISTER)
    assert {served.kept.answer.int: served.areas for served in found.served} == {
        1: AREAS[:1],
        2: AREAS[1:3],
        3: AREAS[3:],
    }
    without = reuse([KEPT, newer], ["key"], AREAS, "gm0935", TODAY, REGISTER, not_enough=[newer.answer])
    assert without.gap == AREAS[2:]


def test_an_answer_holds_as_long_as_its_author_says_or_else_by_its_kind() -> None:
    stated = TODAY + timedelta(days=5)
    assert valid_until(Kind.STATIC, TODAY, stated, Validity()) == stated
    days = {kind: (valid_until(kind, TODAY, None, Validity()) - TODAY).days for kind in Kind}
    assert days == {Kind.STATIC: 365, Kind.PLANS: 90, Kind.CRISIS: 28, Kind.DECLINE: 84}


@pytest.mark.parametrize(
    ("reason", "confirmed", "found"),
    [
        ("  ", True, Again.NO_REASON),
        ("Nieuw  PLAN", True, Again.SAME_REASON),
        ("de dijk is verzwakt", False, Again.NOT_CONFIRMED),
        ("de dijk is verzwakt", True, Again.MAY),
    ],
)
def test_after_a_decline_asking_again_needs_a_new_reason_and_the_coordinator(
    reason: str, confirmed: bool, found: Again
) -> None:
    assert may_ask_again(["nieuw plan"], reason, is_confirmed=confirmed) is found


def test_what_ends_soon_and_was_wanted_is_renewed_in_a_bundle() -> None:
    late = KEPT._replace(answer=UUID(int=2), valid_until=TODAY + timedelta(days=28))
    declined = KEPT._replace(answer=UUID(int=3), kind=Kind.DECLINE)
    library = [KEPT, late, declined, KEPT._replace(answer=UUID(int=4), superseded=True)]
    wanted = [kept.answer for kept in library]
    assert to_renew(library, wanted, TODAY) == (KEPT.answer,)
    assert to_renew(library, [], TODAY) == ()


@pytest.mark.parametrize(
    ("changed", "found"),
    [
        ({}, True),
        ({"areas": frozenset(AREAS)}, True),
        ({"areas": frozenset(AREAS[1:])}, False),
        ({"merge_key": "other"}, False),
        ({"tlp": Tlp.GREEN}, False),
        ({"tlp": Tlp.AMBER, "named": frozenset({"gm0935"})}, False),
        ({"tlp": None}, False),
        ({"given_on": KEPT.given_on - timedelta(days=1)}, False),
    ],
)
def test_an_answer_replaces_one_that_it_covers_and_that_was_no_more_open(
    changed: dict[str, object], found: bool
) -> None:
    assert replaces(KEPT._replace(answer=UUID(int=2), **changed), KEPT) is found
    assert not replaces(KEPT, KEPT)
