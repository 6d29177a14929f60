"""The matrix of need to know: every kind of party, label, relation and outlet, tried one by one.

What the rule of the labels (TLP 2.0, FIRST) allows is written out here once more, on its own, and every
outlet is held against it.
"""

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import UTC, datetime
from itertools import product
from typing import Final

import pytest

from hub.register.kinds import PartyKind, RoleKind, Wish
from hub.register.model import Register, Role, Subscription
from hub.rules.asking import asked_operators, may_be_asked
from hub.rules.explaining import explained_for
from hub.rules.recipients import recipients
from hub.rules.relations import Reason, Relation
from hub.rules.seeing import may_see
from hub.rules.signalling import signals
from hub.rules.ties import relations
from schemas.catalogue import Event, Request, parse
from schemas.terms import FunctionSlug, Tlp
from tests.events import event
from tests.registers import REGISTER

NOW = datetime(2027, 6, 1, 8, tzinfo=UTC)
_ORDER = ("CLEAR", "GREEN", "AMBER", "AMBER+STRICT", "RED")
_OWN_NEED = {
    "core-team",
    "coordinator",
    "responsible-ministry",
    "operator",
    "supervisor",
    "municipality",
    "province",
    "water-board",
    "safety-region",
}
_PARTY: Final = "proefpartij"
_KINDS = [kind for kind in PartyKind if kind is not PartyKind.HUB]
_TOLD: Final = ("bottleneck-found", "stress-test-completed", "question-raised")
_TIES: Final[tuple[str, ...]] = ("none", "subscriber", "named", *(f"role:{kind}" for kind in RoleKind))


def _register(kind: PartyKind, clearance: str, tie: str) -> Register:
    """The seeded register with one more party, which serves another place unless its tie needs this one."""
    here = tie.startswith("role:")
    model = REGISTER.parties["enexis"]
    party = replace(
        model,
        slug=_PARTY,
        kind=kind,
        oin="00000099" + "0" * 12,
        areas=("GM0935",) if here else ("GM0014",),
        clearance=Tlp(clearance),
    )
    roles = REGISTER.roles
    if here:
        roles = (*roles, Role(_PARTY, FunctionSlug.ELECTRICITY, RoleKind(tie.removeprefix("role:"))))
    wishes = (Subscription(_PARTY, "alles", Wish.IMMEDIATE),) if tie == "subscriber" else ()
    return replace(
        REGISTER,
        parties={**REGISTER.parties, _PARTY: party},
        roles=roles,
        subscriptions=wishes,
    )


def _told(kind: str, label: str, tie: str) -> Event:
    others = ["gm0994"]
    return event(kind, tlp=label, data={"recipients": [*others, _PARTY] if tie == "named" else others})


def _allowed(label: str, clearance: str, ties: set[str]) -> bool:
    """TLP 2.0 in one place: enough clearance, and then by name, openly, or by a need of one's own."""
    if not ties or _ORDER.index(clearance) < _ORDER.index(label):
        return False
    if "named" in ties or label in ("CLEAR", "GREEN"):
        return True
    return label == "AMBER" and bool(ties & _OWN_NEED)


def _routed(told: Event, register: Register) -> bool:
    return _PARTY in {r.party for r in recipients(told, register)}


def _previewed(told: Event, register: Register) -> bool:
    return explained_for(_PARTY, told, register).mode is not None


def _sent_later(told: Event, register: Register) -> bool:
    """Mail, digest and the API decide again from the reasons that stand with the delivery."""
    reasons = [reason for party, reason in relations(told, register) if party == _PARTY]
    delivered: list[Reason] | None = reasons or None
    return may_see(_PARTY, "gm0935", told, delivered, register)


def _asked(told: Event, register: Register) -> bool:
    assert isinstance(told, Request)
    found = _PARTY in {asked.operator for asked in asked_operators(told, register)}
    assert not found or may_be_asked(told, _PARTY, register)
    return found


_OUTLETS: dict[str, Callable[[Event, Register], bool]] = {
    "route": _routed,
    "preview": _previewed,
    "mail, digest and API": _sent_later,
}


@pytest.mark.parametrize("outlet", _OUTLETS)
@pytest.mark.parametrize("kind", _KINDS)
def test_no_outlet_gives_more_than_the_label_allows(kind: PartyKind, outlet: str) -> None:
    for clearance, tie in product(_ORDER, _TIES):
        register = _register(kind, clearance, tie)
        for label, told_kind in product(
            _ORDER, ("bottleneck-found", "stress-test-completed", "question-raised")
        ):
            told = _told(told_kind, label, tie)
            ties = {str(r.relation) for party, r in relations(told, register) if party == _PARTY}
            if _OUTLETS[outlet](told, register):
                assert _allowed(label, clearance, ties), (clearance, tie, label, told_kind, ties)


@pytest.mark.parametrize("kind", _KINDS)
def test_what_is_allowed_and_told_of_arrives(kind: PartyKind) -> None:
    """The other way round: the matrix is not empty, and who is named and cleared always hears of it."""
    for clearance, label in product(_ORDER, _ORDER):
        cleared = _ORDER.index(clearance) >= _ORDER.index(label)
        register = _register(kind, clearance, "named")
        assert _routed(_told("bottleneck-found", label, "named"), register) is cleared
        assert _sent_later(_told("bottleneck-found", label, "named"), register) is cleared


@pytest.mark.parametrize("clearance", _ORDER)
@pytest.mark.parametrize("label", _ORDER)
def test_nobody_is_asked_what_it_may_not_know(label: str, clearance: str) -> None:
    register = _register(PartyKind.OPERATOR, clearance, "role:operator")
    named = label in ("AMBER+STRICT", "RED")
    asking = event("question-raised", tlp=label, data={"asked": [_PARTY] if named else []})
    assert _asked(asking, register) is (_ORDER.index(clearance) >= _ORDER.index(label))


@pytest.mark.parametrize("clearance", _ORDER)
@pytest.mark.parametrize("label", _ORDER)
def test_a_chain_signal_goes_to_cleared_core_teams_and_says_nothing_closed(
    label: str, clearance: str
) -> None:
    team = replace(REGISTER.parties["kernteam-health"], clearance=Tlp(clearance))
    register = replace(REGISTER, parties={**REGISTER.parties, team.slug: team})
    secret = {"title": "Geheim station", "description": "Geheim", "location": "Geheim"}
    told = event("bottleneck-found", tlp=label, data={**secret, "recipients": ["gm0994"]}, subject="geheim")
    made = signals(told, register, NOW)
    assert "geheim" not in str(made).casefold()
    teams = {party for signal in made for party in signal["data"]["recipients"]}
    may = label == "AMBER" and clearance in ("AMBER+STRICT", "RED")
    assert ("kernteam-health" in teams) is may
    assert _reached(map(parse, made), register) == teams


def _reached(made: Iterable[Event], register: Register) -> set[str]:
    return {r.party for signal in made for r in recipients(signal, register)}


def test_the_matrix_knows_every_relation() -> None:
    other = {
        "named",
        "asked",
        "asker",
        "had-earlier",
        "umbrella",
        "adviser",
        "subscriber",
        "overall-core-team",
    }
    other |= {"dependent-core-team", "partly-dependent-core-team"}
    assert _OWN_NEED | other == {str(relation) for relation in Relation}
