"""What the quick validators take, the models take, and make the same of it; most events they do take."""

from collections.abc import Iterator
from copy import deepcopy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, ValidationError

from schemas.catalogue import CATALOGUE, EventType
from schemas.quick import quick_validator
from tests.events import attributes
from tests.unit.strategies import wires

_QUICK = {row.type: quick_validator(row.model) for row in CATALOGUE}
_MODELS = {row.type: row.model for row in CATALOGUE}
_ODD = (
    *(
        "",
        " ",
        " tekst",
        "tekst\n",
        "regel\nregel",
        "tab\t",
        "Één",
        "caf\u00e9 \u20ac\u2026",
        "a\x00",
        "a\x1f",
    ),
    *(
        "a\x7f",
        "a\x85",
        "a\u2028",
        "a\u202e",
        "a\u2066",
        "\ud800",
        "\u3000",
        "x" * 201,
        "x" * 501,
        "x" * 20_001,
    ),
    *("111222333", "a 111222333 b", "1112223330", "0111222333", "111222334", "999999999-111222333"),
    *("\u0661\u0661\u0661\u0662\u0662\u0662\u0663\u0663\u0663", "12345678901234567890", "true", "1.0"),
    *("2027-06-01", "2027-02-30", "2027-06-01T08:00:00", "2027-06-01T08:00:00Z", "2027-06-01t08:00:00.5z"),
    *(
        "1899-12-31T23:00:00-05:00",
        "1900-01-01T00:00:00Z",
        "2199-12-31T23:59:59Z",
        "2200-01-01T00:00:00+05:00",
    ),
    *("2027-06-01T08:00:00+25:00", "2027-06-01 08:00:00Z", "2027-06-01T24:00:00Z", "\u0662027-06-01"),
    *("1700000000", 1700000000, -1.5, True, None, 10**18, [], {}, [[]], ["a", "a"], {"a": 1}, b"tekst"),
    *(
        "electricity",
        "electricity,health",
        "electricity,electricity",
        "electricity,",
        "GM0935,GM0935",
        "GM0935\n",
    ),
    *("NL", "PV20,VR01", "GM0935," * 200, ",".join(f"GM{n:04}" for n in range(401)), "GREEN", "low", "1.0\n"),
    "urn:nld:oin:00000099100009350000:systeem:zaaksysteem",
    "urn:nld:oin:00000099100009350000:systeem:zaaksysteem\n",
    "urn:nld:kvknr:12345678:systeem:a",
    "http://example.org/a b",
    "https://rapporten.example/1",
)


def _agree(said: dict[str, Any]) -> bool:
    """Whether the quick one takes it; then it must be right."""
    try:
        quick = _QUICK[said["type"]].validate_python(said)
    except ValidationError:
        return False
    own = _MODELS[said["type"]].model_validate(said)
    assert _whole(quick) == _whole(own)
    return True


def _whole(model: BaseModel) -> tuple[object, ...]:
    return model, repr(model), model.model_fields_set, model.model_extra, model.model_dump_json()


def _places(one: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Where something stands in it."""
    inner = one.items() if isinstance(one, dict) else enumerate(one) if isinstance(one, list) else ()
    for name, value in inner:
        yield (*path, name)
        yield from _places(value, (*path, name))


def _with(said: dict[str, Any], path: tuple[Any, ...], value: Any) -> dict[str, Any]:
    changed = deepcopy(said)
    holder: Any = changed
    for name in path[:-1]:
        holder = holder[name]
    holder[path[-1]] = value
    return changed


@pytest.mark.parametrize("row", CATALOGUE, ids=lambda row: row.short)
def test_an_event_as_it_mostly_is_goes_the_quick_way(row: EventType) -> None:
    assert _agree(attributes(row.short))


@pytest.mark.parametrize("row", CATALOGUE, ids=lambda row: row.short)
def test_nothing_odd_gets_past_that_the_model_refuses(row: EventType) -> None:
    event = attributes(row.short)
    optional = [(name,) for name in row.model.model_fields]
    optional += [("data", name) for name in row.model.model_fields["data"].annotation.model_fields]  # type: ignore[union-attr]
    # Around the data all kinds are alike.
    around = row is CATALOGUE[0]
    for path in {*_places(event), *optional} - {("type",)}:
        for value in _ODD if around or path[0] == "data" else ():
            _agree(_with(event, path, value))


@given(wires(), st.data())
def test_any_event_is_taken_as_its_model_takes_it(said: dict[str, Any], data: st.DataObject) -> None:
    _agree(said)
    path = data.draw(st.sampled_from([one for one in _places(said) if one != ("type",)]))
    value = data.draw(
        st.one_of(st.text(), st.sampled_from(_ODD), st.from_regex(r"[0-9 a-z]{0,20}", fullmatch=True))
    )
    _agree(_with(said, path, value))
