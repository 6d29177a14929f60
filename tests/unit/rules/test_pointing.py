"""An exercise points to nothing real, and nothing real to an exercise: every field of every type."""

from collections.abc import Iterator, Mapping
from functools import cache
from itertools import product
from typing import Any

import pytest
from pydantic import BaseModel

from hub.register.history import Kind
from hub.rules.admission import admission, intake_problems
from hub.rules.pointing import _in_model, other_world
from schemas.catalogue import CATALOGUE, EventType, parse
from schemas.envelope import EventRef, is_exercise
from tests.events import attributes, event
from tests.registers import HISTORY, REGISTER, TODAY, with_facts

REAL_OIN = "00000001123456780000"
REAL = f"urn:nld:oin:{REAL_OIN}:systeem:zaken"
SOURCES = (
    REAL,
    f"urn:nld:oin:{REAL_OIN}:systeem:oefening",
    f"urn:nld:oin:{REAL_OIN}:systeem:OEFENING-2027",
    "urn:nld:oin:00000099100009350000:systeem:zaken",
    "urn:nld:kvknr:12345678:systeem:scada",
)
_BESIDES: Mapping[str, Any] = {"again": {"reason": "Er is iets veranderd."}}
"""What an optional part needs besides its reference."""


def _pointing(schema: Mapping[str, Any], part: Mapping[str, Any]) -> Iterator[tuple[str, ...]]:
    """The paths to references, by the published schema: found otherwise than the rule does."""
    if "$ref" in part:
        name = part["$ref"].rpartition("/")[2]
        if name == "EventRef":
            yield ()
            return
        part = schema["$defs"][name]
    for some in (*part.get("anyOf", ()), *part.get("oneOf", ()), *part.get("allOf", ())):
        yield from _pointing(schema, some)
    for name, inner in part.get("properties", {}).items():
        yield from ((name, *path) for path in _pointing(schema, inner))
    for inner in filter(None, (part.get("items"), part.get("additionalProperties"))):
        if isinstance(inner, Mapping):
            yield from (("0", *path) for path in _pointing(schema, inner))


@cache
def _paths(row: EventType) -> list[tuple[str, ...]]:
    schema = row.model.model_fields["data"].annotation.model_json_schema()  # type: ignore[union-attr]
    return sorted(set(_pointing(schema, schema)))


POINTING = [(row, path) for row in CATALOGUE for path in _paths(row)]


def _with(row: EventType, path: tuple[str, ...], source: str, to: str) -> dict[str, Any]:
    """An event that points to one of that source in this field, and elsewhere to its own world."""
    content = attributes(row.short, source=source)
    data = {name: value for name, value in content["data"].items() if (name,) not in _paths(row)}
    for other in _paths(row):
        whole, own = data, to if other == path else source
        for step, following in zip(other, (*other[1:], None), strict=True):
            value: Any = {"source": own, "id": "eerder-1"} if following is None else {}
            if following == "0":
                rest = other[other.index(step) + 2 :]
                one: dict[str, Any] = {"source": own, "id": "eerder-1"}
                for name in reversed(rest):
                    one = {**content["data"][step][0], name: one}
                whole[step] = [one]
                break
            whole[step] = {**_BESIDES.get(step, {}), **whole.get(step, {}), **value}
            whole = whole[step]
    return {**content, "data": data}


def test_types_that_point_are_found() -> None:
    assert len(POINTING) >= 28
    assert {row.short for row, _ in POINTING} >= {"questions-merged", "measure-adopted", "request-progressed"}


@pytest.mark.parametrize(("row", "path"), POINTING, ids=lambda one: getattr(one, "short", one))
def test_worlds_do_not_point_to_each_other(row: EventType, path: tuple[str, ...]) -> None:
    for source, to in product(SOURCES, SOURCES):
        found = other_world(parse(_with(row, path, source, to)))
        crosses = is_exercise(source) is not is_exercise(to)
        field = "/".join(("data", *path, "source"))
        assert {(one.field, one.code) for one in found} == ({(field, "other_world")} if crosses else set())


def test_a_party_that_exercises_under_its_real_number_can_touch_no_real_case() -> None:
    """Its own case, which it may change, and that of nobody else."""
    register = with_facts(HISTORY, Kind.PARTY, "enexis", oin=REAL_OIN).on(TODAY)
    wrong = ("data/bottleneck/source", "other_world")
    for system, to, is_refused in (
        ("oefening", "zaken", True),
        ("Oefening-mei", "zaken", True),
        ("zaken", "oefening", True),
        ("oefening", "Oefening.2", False),
        ("scada", "zaken", False),
    ):
        points = {"source": f"urn:nld:oin:{REAL_OIN}:systeem:{to}", "id": "k"}
        told = event(
            "bottleneck-resolved",
            source=f"urn:nld:oin:{REAL_OIN}:systeem:{system}",
            data={"bottleneck": points},
        )
        for problems in (admission(told, register), intake_problems(told, register)):
            assert (wrong in [(one.field, one.code) for one in problems]) is is_refused, (system, to)


def test_the_words_say_which_world_is_meant() -> None:
    (to_real,) = other_world(parse(_with(POINTING[0][0], POINTING[0][1], SOURCES[1], REAL)))
    (to_exercise,) = other_world(parse(_with(POINTING[0][0], POINTING[0][1], REAL, SOURCES[1])))
    assert "iets echts, en dit is een oefening" in to_real.detail
    assert "een oefening, en dit is echt" in to_exercise.detail


class _Deep(BaseModel):
    rows: tuple[dict[str, list[EventRef | None]], ...]


class _Loose(BaseModel):
    said: Any
    number: int = 1


def test_a_field_of_any_form_is_looked_into() -> None:
    reference = EventRef(source=REAL, id="1")
    (found,) = _in_model("data", _Deep(rows=({"a": [None, reference]},)))
    assert found == ("data/rows/0/a/1", reference)
    # What could hold anything is looked into as well.
    loose = _Loose(said={"deep": _Deep(rows=({"b": [reference]},))})
    assert [field for field, _ in _in_model("data", loose)] == ["data/said/deep/rows/0/b/0"]


@pytest.mark.parametrize(
    "system", ["oefeningen", "mijn-oefening", "test.Oefening", "oefening2026", "OEFENINGEN"]
)
def test_a_real_source_that_sounds_like_an_exercise_is_refused_at_the_door_alone(system: str) -> None:
    register = with_facts(HISTORY, Kind.PARTY, "gm0935", oin=REAL_OIN).on(TODAY)
    told = event("bottleneck-found", source=f"urn:nld:oin:{REAL_OIN}:systeem:{system}")
    assert admission(told, register) == []
    assert [(one.field, one.code) for one in intake_problems(told, register)] == [
        ("source", "unclear_exercise")
    ]
    tested = event("bottleneck-found", source=f"urn:nld:oin:00000099100009350000:systeem:{system}")
    assert intake_problems(tested, REGISTER) == []
