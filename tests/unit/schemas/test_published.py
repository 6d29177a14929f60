"""The published contract: fresh, with an example of each type, and never broken by a change."""

import copy
import json
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from jsonschema import Draft202012Validator

from consumers.commands.contract import FOLDER, contract, differences
from hub.rules.admission import intake_problems
from hub.rules.standard_questions import asked_amiss
from schemas.catalogue import CATALOGUE, EventType, parse
from schemas.problems import Refused
from schemas.published import breaking_changes, changed_meanings, example, json_schema, questions
from tests.events import attributes
from tests.registers import REGISTER
from tests.unit.strategies import wires

ROWS = pytest.mark.parametrize("row", CATALOGUE, ids=lambda row: row.short)
FOUND = next(row for row in CATALOGUE if row.short == "bottleneck-found")


def test_the_committed_contract_is_what_the_models_say() -> None:
    assert list(differences(Path(__file__).parents[3] / FOLDER)) == []


@ROWS
def test_the_example_of_each_type_is_an_event_that_comes_in(row: EventType) -> None:
    event = parse(example(row))
    assert isinstance(event, row.model)
    assert intake_problems(event, REGISTER) == []


@ROWS
def test_the_example_of_each_type_keeps_to_its_json_schema(row: EventType) -> None:
    schema = json_schema(row)
    Draft202012Validator.check_schema(schema)
    checker = Draft202012Validator.FORMAT_CHECKER
    Draft202012Validator(schema, format_checker=checker).validate(example(row))


@ROWS
def test_each_type_has_one_version_and_no_organisation_in_its_name(row: EventType) -> None:
    assert re.fullmatch(r"nl\.vitale-functies\.[a-z]+(-[a-z]+)*\.[a-z]+\.v[1-9]\d*", row.type)


@ROWS
def test_nothing_changed_breaks_nothing_and_words_may_change(row: EventType) -> None:
    old, new = json_schema(row), json_schema(row)
    new["description"] = "Other words."
    new["properties"]["id"]["title"] = "Kenmerk"
    assert breaking_changes(old, new) == []


def test_an_optional_field_may_be_added() -> None:
    new = json_schema(FOUND)
    new["$defs"]["BottleneckFoundData"]["properties"]["title_en"] = {"type": "string"}
    assert breaking_changes(json_schema(FOUND), new) == []


def _data(schema: dict[str, Any]) -> dict[str, Any]:
    data: dict[str, Any] = schema["$defs"]["BottleneckFoundData"]
    return data


BREAKING = {
    "a field is gone": lambda s: _data(s)["properties"].pop("location"),
    "a field called title is gone": lambda s: _data(s)["properties"].pop("title"),
    "a field must be there from now on": lambda s: _data(s)["required"].append("location"),
    "a field need not be there any more": lambda s: _data(s)["required"].remove("severity"),
    "a value is gone": lambda s: _data(s)["properties"]["severity"]["enum"].remove("low"),
    "a value is new": lambda s: _data(s)["properties"]["severity"]["enum"].append("unknown"),
    "a text must be shorter": lambda s: _data(s)["properties"]["title"].update(maxLength=10),
    "a text may not be anything any more": lambda s: s["properties"]["subject"].update(pattern="^[a-z]+$"),
    "another kind of value": lambda s: _data(s)["properties"]["found_on"].update(type="integer"),
    "unknown fields are kept out": lambda s: _data(s).update(additionalProperties=False),
    "another type": lambda s: s["properties"]["type"].update(const="nl.vitale-functies.x.y.v1"),
}


@pytest.mark.parametrize("change", BREAKING.values(), ids=BREAKING)
def test_a_change_that_stored_events_or_readers_do_not_bear_is_refused(change: Any) -> None:
    new = copy.deepcopy(json_schema(FOUND))
    change(new)
    assert len(breaking_changes(json_schema(FOUND), new)) == 1


def _question(catalogue: dict[str, Any], code: str) -> dict[str, Any]:
    electricity = catalogue["functions"]["electricity"]["standardQuestions"]
    question: dict[str, Any]
    (question,) = (one for one in (*catalogue["everyFunction"], *electricity) if one["code"] == code)
    return question


OTHER_MEANING = {
    "another default": lambda q: q["parameters"][0].update(default="100"),
    "no default": lambda q: q["parameters"][0].pop("default"),
    "another kind": lambda q: q["parameters"][0].update(kind="text"),
    "another name": lambda q: q["parameters"][0].update(name="depth"),
    "one parameter less": lambda q: q["parameters"].clear(),
    "one parameter more": lambda q: q["parameters"].append({"name": "x", "kind": "text", "default": "y"}),
}


@pytest.mark.parametrize("change", OTHER_MEANING.values(), ids=OTHER_MEANING.keys())
def test_a_code_that_is_published_keeps_its_parameters(change: Any) -> None:
    new = copy.deepcopy(questions())
    change(_question(new, "stations-at-water-depth"))
    (found,) = changed_meanings(questions(), new)
    assert found.startswith("stations-at-water-depth: ")


def test_a_question_may_be_said_better_come_and_go() -> None:
    old, new = questions(), copy.deepcopy(questions())
    _question(new, "assets-in-area")["text"]["nl"] = "Wat staat er?"
    _question(new, "stations-at-water-depth")["parameters"][0]["allowed"].append(40)
    new["functions"]["oil"]["standardQuestions"].pop()
    assert changed_meanings(old, new) == changed_meanings(new, old) == []


def test_the_page_of_standard_questions_has_each_code_once() -> None:
    page = contract()["standaardvragen.md"]
    functions = questions()["functions"].values()
    lists = [questions()["everyFunction"], *(one["standardQuestions"] for one in functions)]
    codes = [question["code"] for listed in lists for question in listed]
    assert re.findall(r"^### (.*)$", page, re.M) == codes
    assert "{" not in re.sub(r"^```json$.*?^```$", "", page, flags=re.M | re.S)


def test_each_example_of_the_page_is_a_question_that_comes_in() -> None:
    page = contract()["standaardvragen.md"]
    functions = re.findall(r"^Functie `(.*?)`", page, re.M)
    examples = re.findall(r"^```json$(.*?)^```$", page, re.M | re.S)
    assert len(functions) == len(examples) == 14
    for function, data in zip(functions, examples, strict=True):
        asked = attributes("question-raised", functions=function, areas="NL", data=json.loads(data))
        assert asked_amiss(parse(asked)) == []


def _schema_bears(wire: dict[str, Any]) -> bool:
    return Draft202012Validator(json_schema(FOUND)).is_valid(wire)


def test_a_reader_bears_a_field_that_is_new_and_the_hub_refuses_it() -> None:
    wire = attributes("bottleneck-found", data={"depth": 60})
    assert _schema_bears(wire)
    with pytest.raises(Refused):
        parse(wire)


@pytest.mark.parametrize(
    "changes",
    [
        {"source": "https://x"},
        {"source": "urn:nld:oin:123:systeem:x"},
        {"time": "gisteren"},
        {"time": "2027-06-01T10:00:00"},
        {"time": "9998-06-01T10:00:00Z"},
        {"subject": " "},
        {"subject": "een\ntwee"},
        {"id": "a\u202eb"},
        {"areas": "GM0935,gm0936"},
        {"areas": ",".join(["GM0935"] * 401)},
        {"sequencetype": "Float", "sequence": "1"},
        {"dataschema": "https://schemas.kernhub.example/ambition.set.v1.json"},
        {"Naam": "x"},
        {"eigen": 1.5},
        {"data": {"description": "\n"}},
        {"data": {"title": "twee\nregels"}},
        {"data": {"found_on": "1 juni"}},
    ],
    ids=str,
)
def test_what_a_pattern_can_say_the_schema_refuses_as_the_hub_does(changes: dict[str, Any]) -> None:
    wire = attributes("bottleneck-found", **changes)
    assert not _schema_bears(wire)
    with pytest.raises(Refused):
        parse(wire)


@given(wires())
def test_what_the_hub_takes_keeps_to_the_published_schema(wire: dict[str, Any]) -> None:
    _VALIDATORS[wire["type"]].validate({name: value for name, value in wire.items() if value is not None})


_VALIDATORS = {row.type: Draft202012Validator(json_schema(row)) for row in CATALOGUE}
