"""The standard questions over HTTP: public, per function, and clear about a wrong address."""

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from consumers.ways_in.http import application
from hub.settings import Settings
from schemas.standard_question import standard_questions
from schemas.terms import FunctionSlug


@pytest.fixture
async def anyone() -> AsyncIterator[httpx.AsyncClient]:
    """Somebody without a token, at a hub of which no part behind the pages is there."""
    nothing: Any = None
    app = application(Settings.model_construct(), nothing, nothing, nothing, nothing)
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost/v1/") as client:
        yield client


async def test_anyone_may_read_the_questions_of_a_function(anyone: httpx.AsyncClient) -> None:
    response = await anyone.get("standard-questions?function=drinking-water")
    told = response.json()
    assert (response.status_code, told["function"]) == (200, "drinking-water")
    questions = {question["code"]: question for question in told["standardQuestions"]}
    assert list(questions) == [one.code for one in standard_questions(FunctionSlug.DRINKING_WATER)]
    pressure = questions["drinking-water-pressure-without-power"]
    assert {
        "text",
        "why",
        "goodAnswer",
        "hazards",
        "columns",
        "validity",
        "validDays",
        "tlp",
    } <= pressure.keys()
    assert [(one["name"], one["default"]) for one in pressure["parameters"]] == [("hours", "24")]
    assert "winningen, pompstations en reservoirs" in questions["assets-in-area"]["text"]["nl"]


async def test_the_description_says_that_no_token_is_needed(anyone: httpx.AsyncClient) -> None:
    paths = (await anyone.get("openapi.json")).json()["paths"]
    public = [path for path, one in paths.items() if one.get("get", {}).get("security") == []]
    assert public == ["/standard-questions"]


@pytest.mark.parametrize(
    ("query", "field", "told"),
    [
        ("?function=stroom", "function", "moet een van deze zijn: 'electricity', "),
        ("", "function", "ontbreekt"),
    ],
)
async def test_an_unknown_function_is_refused_with_those_that_there_are(
    anyone: httpx.AsyncClient, query: str, field: str, told: str
) -> None:
    response = await anyone.get(f"standard-questions{query}")
    assert response.headers["content-type"] == "application/problem+json"
    assert response.status_code == response.json()["status"] == 400
    ((name, detail),) = [(one["field"], one["detail"]) for one in response.json()["errors"]]
    assert name == field
    assert detail.startswith(told)


async def test_a_misspelled_parameter_of_the_address_is_refused(anyone: httpx.AsyncClient) -> None:
    response = await anyone.get("standard-questions?function=oil&hazzard=flood")
    assert response.status_code == 400
    assert [error["field"] for error in response.json()["errors"]] == ["hazzard"]
