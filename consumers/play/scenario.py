"""A scenario: events as they come, and the moments between them at which the hub acts by itself."""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple
from uuid import UUID

from connectors.files.reading import read_events
from hub.errors import HubError
from hub.rules.identity import event_key
from hub.rules.preferences import USUAL, digests_until
from hub.rules.throttle.policy import DEFAULT
from hub.rules.throttle.slots import slots_of
from schemas.catalogue import parse
from schemas.problems import Problem, Refused


class ScenarioUnreadable(HubError):
    """A file of the scenario holds something that is no event. Mend the lines that the message names."""


class Scene(NamedTuple):
    """One event of a scenario, at its own time."""

    at: datetime
    key: UUID
    source: str
    attributes: dict[str, Any]


class Step(NamedTuple):
    """A moment of the story: events to publish, or none where the hub has work of its own."""

    at: datetime
    scene: Scene | None = None


def read_scenario(folder: Path) -> list[Scene]:
    """The events of a folder, oldest first. Raises FileUnreadable or ScenarioUnreadable."""
    scenes: list[Scene] = []
    wrong: list[str] = []
    for found in read_events(folder):
        problems: Sequence[Problem] = found.problems
        if found.attributes is not None:
            try:
                event = parse(found.attributes)
                key = event_key(event.source, event.id)
                scenes.append(Scene(event.time, key, event.source, found.attributes))
                continue
            except Refused as refused:
                problems = refused.problems
        wrong += [f"{found.place}: {problem.field} {problem.detail}" for problem in problems]
    if wrong:
        raise ScenarioUnreadable("Dit scenario klopt niet:\n" + "\n".join(wrong))
    return sorted(scenes, key=lambda scene: scene.at)


def steps(scenes: Sequence[Scene]) -> list[Step]:
    """The events in order, with every slot and digest moment between them, up to the first digest moment at
    which all that the last event planned has gone out."""
    if not scenes:
        return []
    first, last = scenes[0].at, scenes[-1].at
    digests = digests_until(USUAL, first, last)
    slots = slots_of(DEFAULT)
    numbers = range(slots.latest(first), slots.latest(digests[-1]) + 1)
    moments = {*digests, *(at for at in map(slots.moment, numbers) if first <= at <= digests[-1])}
    # What happens at the very moment of a digest comes after it: then it waits for the next one.
    return sorted(
        [*(Step(moment) for moment in moments), *(Step(scene.at, scene) for scene in scenes)],
        key=lambda step: (step.at, step.scene is not None),
    )
