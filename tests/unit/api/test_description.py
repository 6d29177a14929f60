"""The published OpenAPI document keeps to the NL API Design Rules, where a program can tell."""

import json
import re
from collections.abc import Iterator
from http import HTTPStatus
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from connectors.api.problems import details
from consumers.commands.contract import contract
from schemas.problems import Problem
from tests.documented import closed

_SEGMENT = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*|\{\w+\}")


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    published: dict[str, Any] = json.loads(contract()["openapi.json"])
    return published


def _operations(document: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            yield f"{method} {path}", operation


def test_paths_are_in_kebab_case_without_a_slash_at_the_end(document: dict[str, Any]) -> None:
    assert document["paths"]
    for path in document["paths"]:
        first, *segments = path.split("/")
        assert first == ""
        assert all(_SEGMENT.fullmatch(segment) for segment in segments), path


def test_only_the_usual_methods_are_used(document: dict[str, Any]) -> None:
    methods = {method for operations in document["paths"].values() for method in operations}
    assert methods <= {"get", "post", "put", "patch", "delete"}


def test_query_parameters_are_in_camel_case(document: dict[str, Any]) -> None:
    names = {
        parameter["name"]
        for _, operation in _operations(document)
        for parameter in operation.get("parameters", ())
        if parameter["in"] == "query"
    }
    assert {"validOn", "dryRun"} <= names
    assert [name for name in names if not re.fullmatch(r"[a-z]+([A-Z][a-z0-9]*)*", name)] == []


def test_servers_are_reached_over_https_with_the_major_version_in_the_address(
    document: dict[str, Any],
) -> None:
    (server,) = document["servers"]
    assert re.fullmatch(r"https://[a-z0-9.-]+/v[1-9]\d*", server["url"])


def test_the_version_is_semantic_and_comes_with_every_answer(document: dict[str, Any]) -> None:
    assert re.fullmatch(r"\d+\.\d+\.\d+", document["info"]["version"])
    header = {"$ref": "#/components/headers/API-Version"}
    for name, operation in _operations(document):
        good = {status: one for status, one in operation["responses"].items() if status[0] in "23"}
        assert good, name
        assert all(one["headers"]["API-Version"] == header for one in good.values()), name


def test_it_says_whom_to_ask(document: dict[str, Any]) -> None:
    contact = document["info"]["contact"]
    assert contact["name"]
    assert contact["url"].startswith("https://")
    assert "@" in contact["email"]


def test_every_error_is_problem_details(document: dict[str, Any]) -> None:
    for name, operation in _operations(document):
        errors = {status: one for status, one in operation["responses"].items() if status[0] in "45"}
        public = operation.get("security") == []
        assert {"400", "500", "503"} | (set() if public else {"401"}) <= errors.keys(), name
        assert {one["$ref"] for one in errors.values()} == {"#/components/responses/Problem"}, name
        assert all(one["description"] for one in errors.values())
    assert list(document["components"]["responses"]["Problem"]["content"]) == ["application/problem+json"]
    assert "ValidationError" not in str(document)


def test_every_answer_in_json_has_a_schema(document: dict[str, Any]) -> None:
    for name, operation in _operations(document):
        for status, answer in operation["responses"].items():
            if status.startswith("2") and status != "204":
                assert answer["content"], name
                assert answer["content"].get("application/json", {"schema": 1}).get("schema"), name


def test_what_is_answered_may_have_more_some_day(document: dict[str, Any]) -> None:
    shut = [
        name
        for name, schema in document["components"]["schemas"].items()
        if '"additionalProperties": false' in json.dumps(schema)
    ]
    assert {*shut} == {
        "Subscription",
        "Typed",
        "WantedMail",
        "WantedPolicy",
        "WantedQuiet",
        "WantedOutlet",
        "WantedResend",
        "WantedValidity",
        "WantedWebhook",
    }


@pytest.mark.parametrize("errors", [[], [Problem("tlp", "missing", "ontbreekt")]])
def test_problem_details_are_as_described(document: dict[str, Any], errors: list[Problem]) -> None:
    components = closed(document["components"])
    schema = {"components": components, "$ref": "#/components/schemas/Problem"}
    found = details(HTTPStatus.UNPROCESSABLE_ENTITY, "invalid", "Klopt niet", "Verbeter het.", errors)
    Draft202012Validator(schema).validate(found)
