"""From CloudEvent attributes to a typed event, or to every broken rule at once."""

import json
import re
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas import formats
from schemas.catalogue import BY_TYPE, CATALOGUE, Event, Request, parse
from schemas.envelope import Envelope
from schemas.problems import Refused
from tests.events import KINDS, REQUESTS, attributes, event
from tests.unit.strategies import wires

_ENGLISH = re.compile(
    r"\b(or|and|should|must|input|valid|field|value|expected|least|most|string|the)\b", re.I
)
_ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=12),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)


def _refusal(wire: dict[str, Any]) -> Refused:
    with pytest.raises(Refused) as refused:
        parse(wire)
    return refused.value


def _read(wire: dict[str, Any]) -> Event | Refused:
    try:
        return parse(wire)
    except Refused as refused:
        return refused


def _problems(kind: str = "bottleneck-found", **changes: Any) -> set[tuple[str, str]]:
    return {(p.field, p.code) for p in _refusal(attributes(kind, **changes)).problems}


@pytest.mark.parametrize("kind", KINDS)
def test_each_type_is_read_into_its_own_model(kind: str) -> None:
    row = next(row for row in CATALOGUE if row.short == kind)
    told = event(kind)
    assert type(told) is row.model
    assert told.type == row.type
    assert isinstance(told, Request) is (kind in REQUESTS)


@pytest.mark.parametrize("kind", KINDS)
def test_each_type_is_read_with_only_what_it_must_have(kind: str) -> None:
    fields = type(event(kind).data).model_fields
    optional = {name: None for name, field in fields.items() if not field.is_required()}
    told = event(kind, data=optional)
    assert told.data.model_fields_set == {name for name, field in fields.items() if field.is_required()}


@pytest.mark.parametrize("kind", KINDS)
def test_each_required_field_that_is_missing_is_named(kind: str) -> None:
    required = [name for name, field in type(event(kind).data).model_fields.items() if field.is_required()]
    assert required
    assert _problems(kind, data=dict.fromkeys(required)) == {(f"data/{name}", "missing") for name in required}


def test_the_catalogue_has_each_type_once_under_one_name() -> None:
    assert len(KINDS) == len(set(KINDS)) == len(BY_TYPE)
    assert {row.model for row in CATALOGUE} == set(get_args(Event))
    for row in CATALOGUE:
        subject, verb = row.short.rsplit("-", 1)
        assert row.type == f"nl.vitale-functies.{subject}.{verb}.v1"


@pytest.mark.parametrize(
    "name",
    [
        "specversion",
        "id",
        "source",
        "type",
        "time",
        "subject",
        "datacontenttype",
        "functions",
        "areas",
        "tlp",
        "data",
    ],
)
def test_an_attribute_that_every_event_has_can_not_be_left_out(name: str) -> None:
    wire = attributes("bottleneck-found")
    del wire[name]
    assert [(p.field, p.code, p.detail) for p in _refusal(wire).problems] == [(name, "missing", "ontbreekt")]


def test_every_broken_field_is_told_at_once() -> None:
    problems = _problems(
        specversion="0.3",
        id="",
        source="urn:enexis",
        time="gisteren",
        subject="  ",
        functions="elektra,oil",
        areas="GM0935,XX1",
        tlp="amber",
        sequence="0",
        Fout="x",
        data={"title": "a\nb", "hazards": ["storm"], "severity": None, "found_on": "31-12-2027", "extra": 1},
    )
    assert problems == {
        ("specversion", "literal_error"),
        ("id", "string_too_short"),
        ("source", "source"),
        ("time", "rfc3339"),
        ("subject", "blank"),
        ("functions/0", "enum"),
        ("areas/1", "string_pattern_mismatch"),
        ("tlp", "enum"),
        ("sequence", "string_pattern_mismatch"),
        ("Fout", "extension"),
        ("data/title", "one_line"),
        ("data/hazards/0", "enum"),
        ("data/severity", "missing"),
        ("data/found_on", "day"),
        ("data/extra", "extra_forbidden"),
    }


def test_an_unknown_type_is_told_with_the_known_ones_and_all_else_that_is_wrong() -> None:
    refused = _refusal(attributes("bottleneck-found", type="nl.vitale-functies.iets.v1", tlp="rood"))
    assert [(p.field, p.code) for p in refused.problems] == [("type", "unknown_type"), ("tlp", "enum")]
    assert all(known in refused.problems[0].detail for known in BY_TYPE)
    assert ("type", "unknown_type") in _problems(type=5)
    assert ("type", "unknown_type") in _problems(type=["nl.vitale-functies.bottleneck.found.v1"])


@pytest.mark.parametrize("name", ["Hoofdletter", "met_streep", "met-streep", "é", "x" * 21, "", "spatie "])
def test_an_extension_with_another_name_is_refused(name: str) -> None:
    assert _problems(**{name: "x"}) == {(name, "extension")}


@pytest.mark.parametrize("value", [1.5, ["a"], {"a": "b"}, "regel\nregel", "nul\x00", "\ud800", "\u202eom"])
def test_an_extension_is_one_line_a_whole_number_or_a_truth(value: object) -> None:
    assert _problems(traceparent=value) == {("traceparent", "extension")}


def test_an_unknown_extension_is_kept_untouched() -> None:
    kept = {"traceparent": "00-af-1", "x" * 20: "  á ", "partition1": 3, "test": True, "leeg": ""}
    assert event("bottleneck-found", **kept).model_extra == kept


def test_an_attribute_of_null_is_absent() -> None:
    wire = attributes("bottleneck-found") | {"dataref": None, "expirytime": None, "eigen": None}
    assert parse(wire) == event("bottleneck-found")
    tlp_of_null = attributes("bottleneck-found") | {"tlp": None}
    assert [p.code for p in _refusal(tlp_of_null).problems] == ["missing"]


def test_a_name_that_can_not_be_shown_is_told_in_plain_letters() -> None:
    wires = [
        attributes("bottleneck-found", **{"a\x00": "x"}),
        attributes("bottleneck-found", data={"\x00": 1}),
    ]
    fields = [problem.field for wire in wires for problem in _refusal(wire).problems]
    assert fields == [r"'a\x00'", r"data/'\x00'"]
    (long,) = _refusal(attributes("bottleneck-found", data={"x" * 10_000: 1})).problems
    assert len(long.field) < 100


@given(wires())
def test_an_event_survives_being_written_and_read_again(wire: dict[str, Any]) -> None:
    told = parse(wire)
    assert parse(told.model_dump(mode="json", exclude_none=True)) == told
    assert parse(json.loads(told.model_dump_json(exclude_none=True))) == told


@given(wires())
def test_structured_and_binary_mode_carry_the_same_event(wire: dict[str, Any]) -> None:
    told = parse(wire)
    assert parse(formats.structured(json.dumps(wire).encode()).attributes) == told
    attributes_only = {name: value for name, value in wire.items() if name not in ("data", "datacontenttype")}
    headers = [(f"ce_{name}", str(value).encode()) for name, value in attributes_only.items()]
    headers.append(("content-type", b"application/json"))
    binary = parse(formats.from_kafka(headers, json.dumps(wire["data"]).encode()))
    extensions = set(told.model_extra or ())
    assert binary.model_dump(exclude=extensions) == told.model_dump(exclude=extensions)


@given(st.sampled_from(KINDS), st.data())
def test_whatever_stands_in_a_field_is_taken_or_refused_in_dutch(kind: str, data: st.DataObject) -> None:
    wire = attributes(kind)
    fields = [*Envelope.model_fields, "traceparent"]
    inner = [*type(event(kind).data).model_fields, "onbekend"]
    for name in data.draw(st.sets(st.sampled_from(fields), max_size=3)):
        wire[name] = data.draw(_ANYTHING)
    for name in data.draw(st.sets(st.sampled_from(inner), max_size=3)):
        if isinstance(wire["data"], dict):
            wire["data"][name] = data.draw(_ANYTHING)
    told = _read(wire)
    if isinstance(told, Refused):
        assert told.problems
        details = [problem.detail.split("Bekende typen")[0] for problem in told.problems]
        assert all(details)
        assert not [text for text in details if _ENGLISH.search(re.sub(r"'[^']*'|\(\^.*\$\)", "", text))]
