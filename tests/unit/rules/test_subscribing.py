"""Subscribing and unsubscribing, within what a party may see."""

from dataclasses import replace
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from hub.register.kinds import Wish
from hub.register.model import Register, Subscription
from hub.rules.policy import Mode
from hub.rules.recipients import considerations, recipients
from hub.rules.relations import Relation
from schemas.catalogue import Event
from schemas.terms import FunctionSlug
from tests.events import event
from tests.registers import REGISTER
from tests.unit.strategies import PARTIES, events

_FOUND = {"prefix": {"type": "nl.vitale-functies.bottleneck.found."}}


def _register(*subscriptions: Subscription) -> Register:
    return replace(REGISTER, subscriptions=subscriptions)


def _modes(told: Event, *subscriptions: Subscription) -> dict[str, Mode]:
    return {r.party: r.mode for r in recipients(told, _register(*subscriptions))}


def _wish(party: str, wish: Wish, **changes: Any) -> Subscription:
    return Subscription(party, "stroom", wish, **changes)


def test_a_subscriber_from_elsewhere_hears_what_is_open() -> None:
    told = event("bottleneck-found", tlp="GREEN")
    assert "gm0363" not in _modes(told)
    assert _modes(told, _wish("gm0363", Wish.DIGEST))["gm0363"] is Mode.DIGEST
    (found,) = [
        r for r in recipients(told, _register(_wish("gm0363", Wish.IMMEDIATE))) if r.party == "gm0363"
    ]
    assert ([reason.relation for reason in found.reasons], found.mode) == (
        [Relation.SUBSCRIBER],
        Mode.IMMEDIATE,
    )


def test_a_subscription_gives_no_need_to_know() -> None:
    for label in ("AMBER", "AMBER+STRICT", "RED"):
        told = event("bottleneck-found", tlp=label, data={"recipients": ["gm0994"]})
        assert "gm0363" not in _modes(told, _wish("gm0363", Wish.IMMEDIATE))


def test_function_area_and_filters_must_all_match() -> None:
    told = event("bottleneck-found", areas="GM0935")
    for matches in (
        {"functions": (FunctionSlug.ELECTRICITY, FunctionSlug.OIL)},
        {"areas": ("PV31",)},
        {"filters": (_FOUND,)},
        {"functions": (FunctionSlug.ELECTRICITY,), "areas": ("GM0935",), "filters": (_FOUND,)},
    ):
        assert "gm0363" in _modes(told, _wish("gm0363", Wish.DIGEST, **matches))
    for differs in (
        {"functions": (FunctionSlug.OIL,)},
        {"areas": ("PV20",)},
        {"filters": (_FOUND, {"exact": {"tlp": "CLEAR"}})},
        {"filters": ({"exact": {"lacking": "x"}},)},
        {"filters": ({"not": {"exact": {"lacking": "x"}}},)},
        {"areas": ("PV31",), "functions": (FunctionSlug.OIL,)},
    ):
        assert "gm0363" not in _modes(told, _wish("gm0363", Wish.DIGEST, **differs))


def test_who_unsubscribes_hears_no_more_unless_it_is_named() -> None:
    not_wanted = _wish("gm0935", Wish.NOT, filters=(_FOUND,))
    told = event("bottleneck-found", source=event("bottleneck-found").source.replace("0935", "0994"))
    assert "gm0935" in _modes(told)
    assert "gm0935" not in _modes(told, not_wanted)
    named = told.model_copy(update={"data": told.data.model_copy(update={"recipients": ("gm0935",)})})
    assert _modes(named, not_wanted)["gm0935"] is Mode.IMMEDIATE
    weighed = {c.party: c for c in considerations(told, _register(not_wanted))}
    assert (weighed["gm0935"].mode, weighed["gm0935"].wish) == (None, Wish.NOT)


def test_a_party_may_want_at_once_what_the_policy_puts_in_the_digest_and_the_other_way_round() -> None:
    told = event("bottleneck-found", areas="GM0994")
    assert _modes(told)["acm"] is Mode.DIGEST
    assert _modes(told, _wish("acm", Wish.IMMEDIATE))["acm"] is Mode.IMMEDIATE
    assert _modes(told)["gm0994"] is Mode.IMMEDIATE
    assert _modes(told, _wish("gm0994", Wish.DIGEST))["gm0994"] is Mode.DIGEST


def test_of_several_wishes_the_strongest_counts() -> None:
    told = event("bottleneck-found")
    several = [
        Subscription("gm0363", name, wish) for name, wish in zip("abc", (Wish.NOT, *Wish), strict=False)
    ]
    assert _modes(told, *several)["gm0363"] is Mode.IMMEDIATE


def test_the_publisher_does_not_hear_itself_by_subscribing() -> None:
    assert "gm0935" not in _modes(event("bottleneck-found"), _wish("gm0935", Wish.IMMEDIATE))


@given(events(), st.lists(st.sampled_from(PARTIES), max_size=4), st.sampled_from(Wish))
def test_subscribing_never_lets_anyone_know_what_it_may_not(
    told: Event, parties: list[str], wish: Wish
) -> None:
    register = _register(*(_wish(party, wish) for party in dict.fromkeys(parties)))
    before = {r.party for r in recipients(told, REGISTER)}
    after = {r.party for r in recipients(told, register)}
    if told.tlp not in ("CLEAR", "GREEN"):
        allowed = {c.party for c in considerations(told, REGISTER) if c.verdict.allowed}
        assert after <= allowed
    assert (before ^ after) <= set(parties)
