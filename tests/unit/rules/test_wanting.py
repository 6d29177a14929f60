"""What a party may choose of its mail, and what it is mailed whatever it chose."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.rules.digesting import Urgency, urgency
from hub.rules.policy import Mode
from hub.rules.preferences import DIGEST, KINDS, LEVELS, MANDATORY, USUAL, Preferences
from hub.rules.relations import Relation
from hub.rules.wanting import Mailing, mailing, may_stop
from schemas.catalogue import BY_TYPE, Event
from schemas.terms import FunctionSlug
from tests.events import KINDS as EVENT_KINDS
from tests.events import event
from tests.registers import REGISTER
from tests.unit.strategies import events

_BY_NAME = {Relation.NAMED, Relation.ASKED, Relation.ASKER, Relation.HAD_EARLIER}
_kinds = st.sets(st.sampled_from([kind for kind in KINDS if kind not in MANDATORY]), max_size=20).map(tuple)
_wanted = st.builds(
    Preferences,
    stopped=_kinds,
    at_once=_kinds,
    digested=_kinds,
    functions=st.sets(st.sampled_from(list(FunctionSlug)), max_size=3).map(tuple),
    areas=st.sets(st.sampled_from(["PV31", "GM0935", "GM0363"]), max_size=2).map(tuple),
    least=st.sampled_from(LEVELS),
    away_from=st.none(),
    away_until=st.none(),
    deputy=st.none(),
)
_ties = st.sets(st.sampled_from(list(Relation)), min_size=1)


@given(_wanted, st.sampled_from(list(Mode)), events(), _ties)
def test_what_must_be_read_comes_as_planned_or_sooner_whatever_is_wanted(
    wanted: Preferences, planned: Mode, told: Event, ties: set[Relation]
) -> None:
    found = mailing(wanted, planned, told, ties, REGISTER)
    short = BY_TYPE[told.type].short
    if ties & _BY_NAME or short in MANDATORY:
        assert found in (Mailing(planned), Mailing.AT_ONCE)
        assert may_stop(told.type, ties) is None
    if planned is Mode.IMMEDIATE and urgency(told) is Urgency.URGENT:
        assert found is not Mailing.DIGEST
    assert mailing(USUAL, planned, told, ties, REGISTER) == Mailing(planned)


@pytest.mark.parametrize("planned", list(Mode))
@pytest.mark.parametrize("kind", [kind for kind in EVENT_KINDS if kind not in MANDATORY])
def test_each_kind_can_be_stopped_or_come_in_the_digest_or_at_once(kind: str, planned: Mode) -> None:
    told, ties = event(kind), {Relation.PROVINCE}
    assert may_stop(told.type, ties) == kind

    def how(wanted: Preferences) -> Mailing:
        return mailing(wanted, planned, told, ties, REGISTER)

    assert how(USUAL.without(kind)) is Mailing.NOT
    assert how(USUAL._replace(at_once=(kind,))) is Mailing.AT_ONCE
    if urgency(told) is not Urgency.URGENT:
        assert how(USUAL._replace(digested=(kind,))) is Mailing.DIGEST
        assert how(USUAL._replace(digested=(kind,), stopped=(DIGEST,))) is Mailing.NOT
    assert how(USUAL.without(DIGEST)) is (Mailing.NOT if planned is Mode.DIGEST else Mailing.AT_ONCE)


@pytest.mark.parametrize(
    ("wanted", "comes"),
    [
        (USUAL._replace(functions=("electricity",)), True),
        (USUAL._replace(functions=("oil", "nuclear")), False),
        (USUAL._replace(areas=("GM0935",)), True),
        (USUAL._replace(areas=("VR24", "PV31")), True),
        (USUAL._replace(areas=("GM0363",)), False),
        (USUAL._replace(least="serious"), True),
        (USUAL._replace(least="urgent"), False),
    ],
)
def test_filters_go_by_function_by_meeting_area_and_by_urgency(wanted: Preferences, comes: bool) -> None:
    told = event("bottleneck-found", functions="electricity", areas="GM0935", data={"severity": "high"})
    found = mailing(wanted, Mode.IMMEDIATE, told, {Relation.PROVINCE}, REGISTER)
    assert found is (Mailing.AT_ONCE if comes else Mailing.NOT)
