"""Whether a party may see an event is decided with the register of now, not with that of the routing."""

from dataclasses import replace

from hypothesis import given

from hub.register.kinds import Wish
from hub.register.model import Party, Register, Subscription
from hub.rules.relations import Reason, Relation
from hub.rules.seeing import Marking, may_see, still_holding
from hub.rules.ties import relations
from schemas.catalogue import Event
from schemas.terms import Tlp
from tests.events import event
from tests.registers import REGISTER
from tests.unit.strategies import events

_TOLD = event("bottleneck-found", tlp="AMBER", data={"recipients": ["vewin"]})


def _reasons(party: str, told: Event, register: Register = REGISTER) -> list[Reason]:
    return [reason for slug, reason in relations(told, register) if slug == party]


def _changed(party: str, **changes: object) -> Register:
    facts: Party = replace(REGISTER.parties[party], **changes)  # type: ignore[arg-type]
    return replace(REGISTER, parties={**REGISTER.parties, party: facts})


def _without_roles(party: str) -> Register:
    return replace(REGISTER, roles=tuple(role for role in REGISTER.roles if role.party != party))


@given(events())
def test_in_the_register_of_its_routing_every_reason_holds(told: Event) -> None:
    found: dict[str, list[Reason]] = {}
    for party, reason in relations(told, REGISTER):
        found.setdefault(party, []).append(reason)
    for party, reasons in found.items():
        assert list(still_holding(reasons, party, told, REGISTER)) == reasons


def test_who_lost_its_role_sees_it_no_longer() -> None:
    reasons = _reasons("enexis", _TOLD)
    assert may_see("enexis", "gm0935", _TOLD, reasons, REGISTER)
    assert not may_see("enexis", "gm0935", _TOLD, reasons, _without_roles("enexis"))


def test_who_moved_away_sees_it_no_longer_whatever_the_label() -> None:
    for label in ("CLEAR", "AMBER"):
        told = event("bottleneck-found", tlp=label)
        reasons = _reasons("pv31", told)
        assert may_see("pv31", "gm0935", told, reasons, REGISTER)
        assert not may_see("pv31", "gm0935", told, reasons, _changed("pv31", areas=("PV20",)))


def test_who_serves_another_of_the_areas_now_still_sees_it() -> None:
    told = event("bottleneck-found", tlp="AMBER", areas="GM0935,GM0014")
    reasons = _reasons("pv31", told)
    assert may_see("pv31", "gm0935", told, reasons, _changed("pv31", areas=("PV20",)))


def test_what_the_event_itself_made_lasts() -> None:
    for relation in (Relation.NAMED, Relation.ASKED, Relation.ASKER):
        assert still_holding([Reason(relation)], "vewin", _TOLD, _without_roles("vewin")) == (
            Reason(relation),
        )


def test_who_ended_its_subscription_sees_it_no_longer() -> None:
    told = event("bottleneck-found", tlp="GREEN")
    wish = Subscription("gm0344", "alles", Wish.DIGEST)
    subscribed = replace(REGISTER, subscriptions=(wish,))
    reasons = _reasons("gm0344", told, subscribed)
    assert may_see("gm0344", "gm0935", told, reasons, subscribed)
    for left in ((), (replace(wish, wish=Wish.NOT),)):
        assert not may_see("gm0344", "gm0935", told, reasons, replace(REGISTER, subscriptions=left))


def test_a_publisher_sees_its_own_as_long_as_it_takes_part() -> None:
    assert may_see("gm0935", "gm0935", _TOLD, None, _changed("gm0935", clearance="CLEAR"))
    gone = replace(REGISTER, parties={s: p for s, p in REGISTER.parties.items() if s != "gm0935"})
    assert not may_see("gm0935", "gm0935", _TOLD, None, gone)


def test_what_a_publisher_restricted_since_is_seen_by_who_may_know_its_newest_version() -> None:
    reasons = _reasons("enexis", _TOLD)
    for label, named, visible in (
        (Tlp.AMBER, (), True),
        (Tlp.AMBER_STRICT, (), False),
        (Tlp.AMBER_STRICT, ("enexis",), True),
        (Tlp.RED, ("vewin",), False),
    ):
        newest = Marking(label, named)
        assert may_see("enexis", "gm0935", _TOLD, reasons, REGISTER, newest) is visible
        assert may_see("gm0935", "gm0935", _TOLD, None, REGISTER, newest)
