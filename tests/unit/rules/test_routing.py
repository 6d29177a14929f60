"""The laws of routing, for any event over the register as it is seeded."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from hub.register.history import Kind
from hub.register.kinds import PartyKind
from hub.register.model import Former
from hub.register.seed import seed_history
from hub.rules.admission import admission, sender_of
from hub.rules.asking import asked_operators
from hub.rules.policy import Mode
from hub.rules.recipients import considerations, recipients
from hub.rules.relations import Relation, publisher
from schemas.catalogue import Event, Request, parse
from tests.events import KINDS, REQUESTS, attributes, event
from tests.registers import HISTORY, REGISTER, TODAY, with_facts
from tests.unit.strategies import AREAS, PARTIES, events, wires

_FROM_OPEN_TO_CLOSED = ("CLEAR", "GREEN", "AMBER", "AMBER+STRICT", "RED")
_NO_NEED_OF_THEIR_OWN = {
    "umbrella",
    "adviser",
    "dependent-core-team",
    "partly-dependent-core-team",
    "overall-core-team",
    "subscriber",
}


@given(events())
def test_nobody_receives_a_label_above_its_clearance(told: Event) -> None:
    for recipient in recipients(told, REGISTER):
        clearance = REGISTER.parties[recipient.party].clearance
        assert _FROM_OPEN_TO_CLOSED.index(told.tlp) <= _FROM_OPEN_TO_CLOSED.index(clearance)


@given(events(labels=["AMBER+STRICT", "RED"]))
def test_a_closed_event_reaches_nobody_but_those_named(told: Event) -> None:
    assert {r.party for r in recipients(told, REGISTER)} <= set(told.data.recipients)


@given(events(labels=["AMBER"]))
def test_amber_reaches_only_those_named_or_with_a_need_of_their_own(told: Event) -> None:
    for recipient in recipients(told, REGISTER):
        assert {str(reason.relation) for reason in recipient.reasons} - _NO_NEED_OF_THEIR_OWN


@given(events())
def test_each_recipient_is_there_once_and_can_be_told_why(told: Event) -> None:
    received = recipients(told, REGISTER)
    assert len({r.party for r in received}) == len(received)
    assert all(r.reasons and len(set(r.reasons)) == len(r.reasons) for r in received)


@given(events())
def test_the_publisher_never_receives_its_own_event(told: Event) -> None:
    own = publisher(told.source, REGISTER)
    assert own in PARTIES
    assert own not in {r.party for r in recipients(told, REGISTER)}


@given(events())
def test_every_reason_is_true(told: Event) -> None:
    for recipient in recipients(told, REGISTER):
        served = REGISTER.parties[recipient.party].areas
        for reason in recipient.reasons:
            assert reason.area is None or reason.area in told.areas
            assert reason.area is None or REGISTER.meeting_area(served, [reason.area]) == reason.area
            of_other = reason.relation in (
                Relation.DEPENDENT_CORE_TEAM,
                Relation.PARTLY_DEPENDENT_CORE_TEAM,
            )
            assert reason.function is None or (reason.function in told.functions) is not of_other
            assert reason.relation is not Relation.NAMED or recipient.party in told.data.recipients


@given(
    events([kind for kind in KINDS if kind != "answer-deposited"])
)  # who is named in one gets it when it asks
def test_who_is_named_and_cleared_receives_it_at_once(told: Event) -> None:
    modes = {r.party: r.mode for r in recipients(told, REGISTER)}
    asked = asked_operators(told, REGISTER) if isinstance(told, Request) else []
    for party in set(told.data.recipients) - {one.operator for one in asked}:
        clearance = REGISTER.parties[party].clearance
        cleared = _FROM_OPEN_TO_CLOSED.index(told.tlp) <= _FROM_OPEN_TO_CLOSED.index(clearance)
        if cleared and party != publisher(told.source, REGISTER):
            assert modes[party] is Mode.IMMEDIATE


@given(wires(labels=["CLEAR", "GREEN"]), st.lists(st.sampled_from(AREAS), min_size=1, max_size=4))
def test_widening_the_areas_of_an_open_event_takes_nobody_away(wire: dict[str, str], more: list[str]) -> None:
    wider = parse({**wire, "areas": ",".join(dict.fromkeys([*wire["areas"].split(","), *more]))})
    asked = asked_operators(wider, REGISTER) if isinstance(wider, Request) else []
    elsewhere = {one.operator for one in asked}  # in their bundle
    before = {r.party: r.mode for r in recipients(parse(wire), REGISTER) if r.party not in elsewhere}
    after = {r.party: r.mode for r in recipients(wider, REGISTER)}
    assert before.keys() <= after.keys()
    assert all(after[party] is Mode.IMMEDIATE for party, mode in before.items() if mode is Mode.IMMEDIATE)


@given(events(REQUESTS))
def test_a_request_reaches_operators_through_the_throttle_only(told: Event) -> None:
    for recipient in recipients(told, REGISTER):
        relations = {reason.relation for reason in recipient.reasons}
        assert relations & {Relation.NAMED, Relation.CORE_TEAM, Relation.COORDINATOR}


@given(events())
def test_the_same_event_over_the_same_register_gives_the_same_answer(told: Event) -> None:
    assert recipients(told, REGISTER) == recipients(told, _AGAIN)
    assert considerations(told, REGISTER) == considerations(told, _AGAIN)


@given(events())
def test_recipients_are_what_was_considered_allowed_and_told(told: Event) -> None:
    considered = considerations(told, REGISTER)
    allowed = [c for c in considered if c.verdict.allowed and c.mode]
    assert [(c.party, c.mode, c.reasons) for c in allowed] == [tuple(r) for r in recipients(told, REGISTER)]
    assert len({c.party for c in considered}) == len(considered)


def test_a_refused_party_is_considered_with_the_reason() -> None:
    amber = event("bottleneck-found", tlp="AMBER")
    considered = {c.party: c for c in considerations(amber, REGISTER)}
    assert considered["netbeheer-nederland"].verdict == (False, "clearance-too-low")
    assert considered["kernteam-health"].verdict == (False, "no-need-to-know")
    assert considered["enexis"].verdict == (True, "need-to-know")
    assert "netbeheer-nederland" not in {r.party for r in recipients(amber, REGISTER)}


def test_a_party_with_two_relations_hears_of_it_in_the_stronger_way() -> None:
    received = {r.party: r for r in recipients(event("stress-test-completed"), REGISTER)}
    ministry = received["min-ezk"]
    assert [reason.relation for reason in ministry.reasons] == [Relation.COORDINATOR, Relation.MINISTRY]
    assert ministry.mode is Mode.IMMEDIATE
    named = event("stress-test-completed", data={"recipients": ["gm0994"]})
    assert {r.party: r.mode for r in recipients(named, REGISTER)}["gm0994"] is Mode.IMMEDIATE


def test_a_request_goes_to_core_team_and_coordinator_in_the_digest() -> None:
    for kind in REQUESTS:
        received = recipients(event(kind), REGISTER)
        assert {(r.party, r.mode) for r in received} == {
            ("kernteam-electricity", Mode.DIGEST),
            ("min-ezk", Mode.DIGEST),
        }


def test_a_source_belongs_to_the_party_with_its_number() -> None:
    assert publisher("urn:nld:oin:00000099100009350000:systeem:zaken", REGISTER) == "gm0935"
    assert publisher("urn:nld:oin:00000099999999990000:systeem:zaken", REGISTER) is None


def test_the_publisher_of_an_event_is_known_by_its_kvk_number_too() -> None:
    source = "urn:nld:kvknr:00000001:systeem:scada"
    register = with_facts(HISTORY, Kind.PARTY, "enexis", kvk="00000001").on(TODAY)
    assert publisher(source, REGISTER) is None
    assert publisher(source, register) == "enexis"
    assert publisher("urn:nld:kvknr::systeem:scada", REGISTER) is None
    assert publisher(f"urn:nld:kvknr:{REGISTER.parties['enexis'].oin}:systeem:x", register) is None
    told = event("bottleneck-found", source=source)
    assert sender_of(told, "enexis", register) is None
    assert admission(told, register) == []
    assert [problem.code for problem in admission(told, REGISTER)] == ["unknown_source"]
    ended = replace(register, parties={}, former={"enexis": Former(register.parties["enexis"], TODAY)})
    assert publisher(source, ended) == "enexis"
    assert publisher("urn:nld:kvknr:12345678:systeem:zaken", REGISTER) is None
    assert publisher("iets anders", REGISTER) is None


def test_a_named_party_outside_the_register_is_no_recipient() -> None:
    told = parse(attributes("bottleneck-found", data={"recipients": ["bestaat-niet"]}))
    assert "bestaat-niet" not in {r.party for r in recipients(told, REGISTER)}


_AGAIN = seed_history().on(TODAY)


@given(
    events(REQUESTS),
    st.lists(st.sampled_from(PARTIES), max_size=4),
    st.lists(st.sampled_from(PARTIES), max_size=4),
)
def test_no_request_reaches_an_operator_around_the_throttle(
    told: Event, recipients_named: list[str], asked: list[str]
) -> None:
    if not isinstance(told, Request):
        return
    data = told.data.model_copy(update={"recipients": tuple(recipients_named), "asked": tuple(asked)})
    request = told.model_copy(update={"data": data})
    if not admission(request, REGISTER):
        told_now = {one.party for one in recipients(request, REGISTER)}
        assert not told_now & {one.operator for one in asked_operators(request, REGISTER)}
        by_name = told_now & set(recipients_named)
        assert not {slug for slug in by_name if REGISTER.parties[slug].kind is PartyKind.OPERATOR}
