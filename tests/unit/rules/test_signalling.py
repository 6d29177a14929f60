"""The hub signals chain effects to who may not see the bottleneck, and tells no more than it may."""

import json
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import given

from hub.register.model import Former
from hub.rules.admission import admission
from hub.rules.recipients import recipients
from hub.rules.signalling import Silence, signals, signals_of_end, silence
from schemas.bottleneck import BottleneckFound, BottleneckResolved
from schemas.catalogue import Event, parse
from schemas.envelope import is_exercise
from tests.events import event, source_of
from tests.registers import HISTORY, REGISTER, without_party
from tests.unit.strategies import events

NOW = datetime(2027, 6, 1, 8, tzinfo=UTC)
_SECRET = {"title": "Station Zuid-Geheim", "description": "Ligt 40 cm te laag.", "location": "Achter de kerk"}


def _signals(told: Event) -> list[Event]:
    return [parse(attributes) for attributes in signals(told, REGISTER, NOW)]


def _signals_of_end(found: Event, end: Event) -> list[Event]:
    return [parse(attributes) for attributes in signals_of_end(_found(found), _end(end), REGISTER, NOW)]


def _found(told: Event) -> BottleneckFound:
    assert isinstance(told, BottleneckFound)
    return told


def _end(told: Event) -> BottleneckResolved:
    assert isinstance(told, BottleneckResolved)
    return told


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


@given(events(["bottleneck-found"], ["AMBER"]))
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


@pytest.mark.parametrize(
    "kind", ["stress-test-completed", "question-raised", "bottleneck-updated", "bottleneck-resolved"]
)
def test_only_a_bottleneck_that_was_found_is_signalled(kind: str) -> None:
    assert _signals(event(kind, tlp="AMBER")) == []


def test_a_bottleneck_that_is_resolved_takes_its_signal_back_in_the_same_case() -> None:
    found = _signals(event("bottleneck-found", tlp="AMBER"))
    resolved = _signals_of_end(
        event("bottleneck-found", tlp="AMBER"), event("bottleneck-resolved", tlp="AMBER")
    )
    assert [s.subject for s in found] == [s.subject for s in resolved] != []
    assert [s.functions for s in found] == [s.functions for s in resolved]
    assert {s.id for s in found}.isdisjoint(s.id for s in resolved)
    assert [s.data.model_dump()["state"] for s in resolved] == ["resolved"] * len(resolved)


def test_a_hub_with_a_real_number_signals_an_exercise_as_one() -> None:
    hub = replace(REGISTER.parties["kernhub"], oin="00000001123456780000")
    maastricht = replace(REGISTER.parties["gm0935"], oin="00000001999999990000")
    parties = {**REGISTER.parties, "kernhub": hub, "gm0935": maastricht}
    register = replace(REGISTER, parties=parties)
    told = event("bottleneck-found", tlp="AMBER")
    for system in ("oefening", "zaken"):
        source = f"urn:nld:oin:{maastricht.oin}:systeem:{system}"
        made = signals(told.model_copy(update={"source": source}), register, NOW)
        assert made
        assert {is_exercise(one["source"]) for one in made} == {system == "oefening"}
        assert all(admission(parse(one), register) == [] for one in made)


def test_the_same_event_gives_the_same_signals() -> None:
    told = event("bottleneck-found", tlp="AMBER")
    assert signals(told, REGISTER, NOW) == signals(told, REGISTER, NOW)


def _by(party: str, kind: str = "bottleneck-found", **changes: Any) -> Event:
    return event(kind, **{"tlp": "AMBER", "source": source_of(party), **changes})


@pytest.mark.parametrize("party", ["actiz", "wml", "enexis"])
def test_a_publisher_without_a_part_in_the_failing_function_makes_the_hub_say_nothing(party: str) -> None:
    told = _by(party, functions="nuclear", areas="GM1674")
    assert silence(told, REGISTER) is Silence.NO_STANDING
    assert _signals(told) == []


@pytest.mark.parametrize("party", ["enexis", "min-ezk", "kernteam-electricity", "gm0935", "pv31", "vr24"])
def test_who_has_a_part_in_the_function_or_governs_the_area_makes_the_hub_signal(party: str) -> None:
    assert silence(_by(party), REGISTER) is None
    assert "health" in {signal.functions[0] for signal in _signals(_by(party))}


def test_a_government_elsewhere_makes_the_hub_say_nothing() -> None:
    assert silence(_by("gm0363"), REGISTER) is Silence.NO_STANDING
    both = _signals(_by("gm0935", areas="GM0363,GM0935"))
    assert {signal.areas for signal in both} == {("GM0935",)}


def test_a_strange_function_beside_ones_own_is_not_signalled_on() -> None:
    own, both = _by("actiz", functions="health"), _by("actiz", functions="nuclear,health")
    assert {s.data.path[0] for s in _signals(both)} <= {"health"}  # type: ignore[union-attr]
    assert {s.functions for s in _signals(both)} <= {s.functions for s in _signals(own)}


def test_an_end_is_told_of_what_was_found_whatever_else_it_names() -> None:
    found = _by("gm0935", functions="waste-water")
    wider = _by("gm0935", "bottleneck-resolved", functions="waste-water,electricity,nuclear", areas="NL")
    ends = _signals_of_end(found, wider)
    assert {s.functions for s in ends} == {s.functions for s in _signals(found)}
    assert {s.areas for s in ends} == {("GM0935",)}


@pytest.mark.parametrize("label", ["AMBER+STRICT", "RED"])
def test_an_end_for_names_only_gives_no_sign(label: str) -> None:
    assert _signals_of_end(_by("enexis"), _by("enexis", "bottleneck-resolved", tlp=label)) == []


def test_what_an_ended_municipality_found_is_still_taken_back() -> None:
    ended = Former(REGISTER.parties["gm0935"], date(2027, 7, 1))
    without = without_party(HISTORY, "gm0935").on(NOW.date())
    register = replace(without, former={**without.former, "gm0935": ended})
    end = _by("min-ezk", "bottleneck-resolved")
    assert signals_of_end(_found(_by("gm0935")), _end(end), register, NOW) != []


@pytest.mark.parametrize("party", ["enexis", "min-ezk"])
def test_found_and_resolved_are_one_case_whichever_system_or_party_resolves(party: str) -> None:
    other_system = source_of(party).replace("zaken", "beheer")
    resolved = _by(party, "bottleneck-resolved", source=other_system, subject="heel-andere-zaak")
    found = _signals(_by("enexis"))
    assert [s.subject for s in found] == [s.subject for s in _signals_of_end(_by("enexis"), resolved)] != []
