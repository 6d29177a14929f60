"""The hub signals chain effects to who may not see the bottleneck, and tells no more than it may."""

import json
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given

from hub.rules.admission import admission
from hub.rules.recipients import recipients
from hub.rules.signalling import signals
from schemas.catalogue import Event, parse
from tests.events import event
from tests.registers import REGISTER
from tests.unit.strategies import events

NOW = datetime(2027, 6, 1, 8, tzinfo=UTC)
_BOTTLENECKS = ("bottleneck-found", "bottleneck-resolved")
_SECRET = {"title": "Station Zuid-Geheim", "description": "Ligt 40 cm te laag.", "location": "Achter de kerk"}


def _signals(told: Event) -> list[Event]:
    return [parse(attributes) for attributes in signals(told, REGISTER, NOW)]


def test_a_core_team_that_may_not_see_the_bottleneck_hears_that_there_is_one_and_whom_to_ask() -> None:
    told = event("bottleneck-found", tlp="AMBER", subject="zaak-geheim", data=_SECRET)
    by_team = {signal.data.recipients: signal for signal in _signals(told)}
    signal = by_team[("kernteam-health",)]
    assert signal.data.model_dump(mode="json") == {
        "recipients": ["kernteam-health"],
        "title": "Een knelpunt in Elektriciteit kan uw functie raken",
        "state": "found",
        "harmed": "health",
        "path": ["electricity", "health"],
        "strength": "high",
        "ask": "min-ezk",
    }
    assert (signal.areas, signal.functions) == (("GM0935",), ("health",))


@given(events(_BOTTLENECKS, ["AMBER"]))
def test_a_signal_may_come_in_and_reaches_its_core_team_only(told: Event) -> None:
    receives = {r.party for r in recipients(told, REGISTER)}
    for signal in _signals(told):
        assert admission(signal, REGISTER) == []
        (team,) = signal.data.recipients
        assert {r.party for r in recipients(signal, REGISTER)} == {team}
        assert team not in receives
        assert signal.functions[0] not in told.functions


def test_a_signal_says_nothing_of_the_bottleneck_itself() -> None:
    told = event("bottleneck-found", id="id-geheim", tlp="AMBER", subject="zaak-geheim", data=_SECRET)
    said = json.dumps(signals(told, REGISTER, NOW))
    for word in ("geheim", "Geheim", "te laag", "kerk", told.source, "high-severity", "gm0935"):
        assert word not in said


@given(events(labels=["CLEAR", "GREEN", "AMBER+STRICT", "RED"]))
def test_what_is_open_is_told_itself_and_what_is_for_names_only_gives_no_sign(told: Event) -> None:
    assert _signals(told) == []


@pytest.mark.parametrize("kind", ["stress-test-completed", "question-raised", "bottleneck-updated"])
def test_only_a_bottleneck_that_comes_or_goes_is_signalled(kind: str) -> None:
    assert _signals(event(kind, tlp="AMBER")) == []


def test_a_bottleneck_that_is_resolved_takes_its_signal_back_in_the_same_case() -> None:
    found = _signals(event("bottleneck-found", tlp="AMBER"))
    resolved = _signals(event("bottleneck-resolved", tlp="AMBER"))
    assert [s.subject for s in found] == [s.subject for s in resolved]
    assert {s.id for s in found}.isdisjoint(s.id for s in resolved)
    assert [s.data.model_dump()["state"] for s in resolved] == ["resolved"] * len(resolved)


def test_a_hub_with_a_real_number_does_not_signal_an_exercise() -> None:
    hub = replace(REGISTER.parties["kernhub"], oin="00000001123456780000")
    register = replace(REGISTER, parties={**REGISTER.parties, "kernhub": hub})
    exercise = event("bottleneck-found", tlp="AMBER")
    real = exercise.model_copy(update={"source": "urn:nld:oin:00000001999999990000:systeem:x"})
    assert signals(exercise, register, NOW) == []
    assert signals(real, register, NOW) != []


def test_the_same_event_gives_the_same_signals() -> None:
    told = event("bottleneck-found", tlp="AMBER")
    assert signals(told, REGISTER, NOW) == signals(told, REGISTER, NOW)
