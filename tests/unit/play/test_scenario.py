"""The scenario of Limburg is fit to play, and a scenario is told in the right order."""

import json
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.files.reading import FileUnreadable, read_events
from consumers.play.scenario import ScenarioUnreadable, Scene, read_scenario, steps
from hub.rules.admission import intake_problems
from hub.rules.identity import event_key
from hub.rules.preferences import USUAL, digests_until, latest_digest
from hub.rules.throttle.slots import Slots
from schemas.catalogue import parse
from schemas.envelope import is_exercise
from tests.events import KINDS, attributes
from tests.registers import REGISTER
from tests.unit.strategies import instants

SLOTS = Slots()
LIMBURG = Path(__file__).parents[3] / "scenarios" / "limburg"


def _scene(at: datetime, number: int = 0) -> Scene:
    return Scene(at, event_key("urn:test", str(number)), "urn:test", {"id": str(number)})


_at_a_moment = st.integers(2970, 3000).flatmap(
    lambda index: st.sampled_from([SLOTS.moment(index), latest_digest(USUAL, SLOTS.moment(index))])
)
_moments = _at_a_moment | instants(datetime(2026, 12, 1, tzinfo=UTC), datetime(2027, 12, 1, tzinfo=UTC))
stories = st.lists(_moments, min_size=1, max_size=30).map(
    lambda found: [_scene(at, number) for number, at in enumerate(sorted(found))]
)


@pytest.fixture(scope="module")
def limburg() -> list[Scene]:
    return read_scenario(LIMBURG)


def test_limburg_has_enough_events_each_with_an_identity_of_its_own(limburg: list[Scene]) -> None:
    assert len(limburg) >= 150
    assert len({scene.key for scene in limburg}) == len(limburg)
    names = [(scene.attributes["source"], scene.attributes["id"]) for scene in limburg]
    assert len(set(names)) == len(names)


def test_limburg_is_written_in_the_order_of_time() -> None:
    times = [parse(found.attributes or {}).time for found in read_events(LIMBURG)]
    assert all(earlier <= later for earlier, later in pairwise(times))


def test_the_register_takes_every_event_of_limburg(limburg: list[Scene]) -> None:
    refused = {
        scene.attributes["id"]: problems
        for scene in limburg
        if (problems := intake_problems(parse(scene.attributes), REGISTER))
    }
    assert refused == {}


def test_limburg_shows_many_types_and_is_an_exercise(limburg: list[Scene]) -> None:
    assert len({scene.attributes["type"] for scene in limburg}) >= 10
    assert all(is_exercise(scene.source) for scene in limburg)


def test_limburg_answers_and_resolves_only_what_was_there_before(limburg: list[Scene]) -> None:
    seen = set()
    for scene in limburg:
        data = scene.attributes["data"]
        reference = data.get("question") or data.get("bottleneck")
        if reference:
            assert event_key(reference["source"], reference["id"]) in seen, scene.attributes["id"]
        seen.add(scene.key)


def test_limburg_plays_with_every_slot_and_digest(limburg: list[Scene]) -> None:
    story = steps(limburg)
    assert [step.scene for step in story if step.scene] == limburg
    assert sum(step.scene is None for step in story) == 18
    assert story[-1].at == datetime(2027, 8, 2, 6, tzinfo=UTC)


@given(stories)
def test_a_story_holds_every_event_once_in_order(scenes: list[Scene]) -> None:
    assert [step.scene for step in steps(scenes) if step.scene] == scenes
    assert all(step.at == step.scene.at for step in steps(scenes) if step.scene)


@given(stories)
def test_a_story_goes_forward_and_ends_at_the_first_digest_after_the_last_event(scenes: list[Scene]) -> None:
    story = steps(scenes)
    assert all(earlier.at <= later.at for earlier, later in pairwise(story))
    end = story[-1]
    assert end.scene is None
    assert end.at == digests_until(USUAL, scenes[-1].at, scenes[-1].at)[-1]


@given(stories)
def test_a_story_has_every_slot_and_digest_between_its_events_once(scenes: list[Scene]) -> None:
    story = steps(scenes)
    first, end = scenes[0].at, story[-1].at
    slots = {at for at in map(SLOTS.moment, range(2960, 3050)) if first <= at <= end}
    expected = slots | {at for at in digests_until(USUAL, first, end) if at <= end}
    assert [step.at for step in story if step.scene is None] == sorted(expected)


def test_what_happens_at_a_digest_comes_after_it() -> None:
    at = datetime(2027, 4, 26, 6, tzinfo=UTC)
    story = steps([_scene(at - timedelta(days=1), 1), _scene(at, 2)])
    assert [(step.at, step.scene is None) for step in story if step.at == at] == [(at, True), (at, False)]
    assert story[-1].at == at + timedelta(weeks=1)


def test_no_events_make_no_story() -> None:
    assert steps([]) == []


def test_a_scenario_is_read_oldest_first_over_its_files(tmp_path: Path) -> None:
    times = {
        "b.jsonl": ["2027-06-01T10:00:00Z", "2027-06-03T10:00:00Z"],
        "c.json": ["2027-06-02T10:00:00+02:00"],
    }
    for name, moments in times.items():
        lines = [json.dumps(attributes(KINDS[0], id=moment, time=moment)) for moment in moments]
        (tmp_path / name).write_text("\n".join(lines))
    scenes = read_scenario(tmp_path)
    assert [scene.at.day for scene in scenes] == [1, 2, 3]
    assert scenes[0].key == event_key(scenes[0].source, "2027-06-01T10:00:00Z")


def test_every_wrong_line_of_a_scenario_is_told_with_its_place(tmp_path: Path) -> None:
    file = tmp_path / "week.jsonl"
    wrong = [json.dumps(attributes(KINDS[0], tlp="rood", functions="elektra")), "geen json"]
    file.write_text("\n".join([json.dumps(attributes(KINDS[0])), *wrong]))
    with pytest.raises(ScenarioUnreadable) as unreadable:
        read_scenario(tmp_path)
    told = str(unreadable.value)
    assert f"{file}:2: tlp " in told
    assert f"{file}:2: functions/0 " in told
    assert f"{file}:3: " in told
    assert f"{file}:1" not in told


def test_a_scenario_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(FileUnreadable):
        read_scenario(tmp_path / "weg")
