"""Questions like the one that an asker has in mind: `POST /v1/questions/alike`, since what nobody has asked
yet does not belong in an address, which is written in logs. It changes nothing."""

from http import HTTPStatus
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import FastAPI, Request
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from sqlalchemy.ext.asyncio import AsyncEngine

from connectors.api.answers import Answer
from connectors.api.caller import only, participant
from connectors.api.problems import answers, may_fail
from connectors.api.refused import wrong_request
from connectors.api.written import json_body
from hub.asking.alike_questions import Alike, AlikeQuestion, AlikeQuestions
from hub.rules.differing import Difference, Differences, Mark
from hub.rules.scopes import Scope
from hub.store.clock import Clock
from hub.store.database import transaction
from hub.store.ledger.accesses import Access, highest_of, readings, record_reading
from hub.store.ledger.records import record
from schemas.problems import problems_of
from schemas.terms import AreaCode, FunctionSlug, Text, Tlp

_MOST_BYTES = 64 * 1024
_REQUEST_BODY = {
    "required": True,
    "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Typed"}}},
}


class Typed(BaseModel):
    """The question as it is typed, about which functions and areas it would be."""

    model_config = ConfigDict(extra="forbid")

    text: Text
    functions: Annotated[list[FunctionSlug], Field(min_length=1, max_length=14)]
    areas: Annotated[list[AreaCode], Field(max_length=400)] = []


class ShownMark(Answer):
    """`text[start:end]`, in characters, is not in the other text, or not in this place."""

    kind: Difference
    start: int
    end: int


class ShownDifferences(Answer):
    """In what was typed, and in the text beside it. Not `whole`: only the beginnings were compared."""

    yours: list[ShownMark]
    theirs: list[ShownMark]
    whole: bool


class ShownAsk(Answer):
    """What to publish as question.raised to join. No `tlp`: any label will do."""

    functions: list[FunctionSlug]
    areas: list[AreaCode]
    asked: list[str]
    tlp: Tlp | None
    recipients: list[str]
    text: str
    standard_question: str | None
    parameters: dict[str, str]


class ShownAlikeQuestion(Answer):
    """`ask` is null for a question of your own, and for one that nobody can join."""

    event_key: UUID
    state: Literal["open", "answered"]
    text: str
    score: float
    differences: ShownDifferences
    ask: ShownAsk | None


class ShownAlikeStandard(Answer):
    """A standard question; what stands between brackets in its text is for you to fill in."""

    function: FunctionSlug
    code: str
    text: str
    parameters: list[str]
    score: float
    differences: ShownDifferences


class ShownAlike(Answer):
    questions: list[ShownAlikeQuestion]
    standard_questions: list[ShownAlikeStandard]


def add_alike(app: FastAPI, questions: AlikeQuestions, pool: AsyncEngine, clock: Clock) -> None:
    """Adds the questions that are alike to the app."""

    async def post_alike(request: Request) -> Any:
        party = await participant(request, Scope.READ)
        only(request)
        typed = _read(await json_body(request, _MOST_BYTES))
        found = await questions.find(party, typed.functions, typed.areas, typed.text)
        keys = [one.event_key for one in found.questions]
        now = await clock.now()
        async with transaction(pool) as connection:
            access = Access(party, "alike-questions", await highest_of(connection, keys), {})
            await record_reading(connection, access, keys, now)
            await record(connection, readings("alike-questions", party, keys, now))
        return _shown(found)

    app.add_api_route(
        "/v1/questions/alike",
        post_alike,
        methods=["POST"],
        summary="Welke vragen lijken op de uwe? Er wordt niets gevraagd of bewaard",
        response_model=None,
        openapi_extra={"requestBody": _REQUEST_BODY},
        responses=answers(ShownAlike)
        | may_fail(
            HTTPStatus.REQUEST_TIMEOUT,
            HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
            HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
        ),
    )


def _read(written: Any) -> Typed:
    """The question as it was typed. Raises ApiRefused with all that is wrong with it."""
    try:
        return Typed.model_validate(written)
    except ValidationError as error:
        raise wrong_request(problems_of(error)) from None


def _shown(found: Alike) -> dict[str, Any]:
    return {
        "questions": [_question(one) for one in found.questions],
        "standardQuestions": [
            {
                "function": one.function,
                "code": one.question.code,
                "text": one.text,
                "parameters": [parameter.name for parameter in one.question.parameters],
                "score": round(one.score, 3),
                "differences": _differences(one.differences),
            }
            for one in found.standard
        ],
    }


def _question(one: AlikeQuestion) -> dict[str, Any]:
    ask = one.ask and {
        "functions": one.ask.functions,
        "areas": one.ask.areas,
        "asked": one.ask.asked,
        "tlp": one.ask.tlp,
        "recipients": one.ask.recipients,
        "text": one.ask.text,
        "standardQuestion": one.ask.standard_question,
        "parameters": dict(one.ask.parameters),
    }
    return {
        "eventKey": one.event_key,
        "state": "answered" if one.answered else "open",
        "text": one.text,
        "score": round(one.score, 3),
        "differences": _differences(one.differences),
        "ask": ask,
    }


def _differences(these: Differences) -> dict[str, Any]:
    return {"yours": _marks(these.one), "theirs": _marks(these.other), "whole": these.whole}


def _marks(marks: tuple[Mark, ...]) -> list[dict[str, Any]]:
    return [mark._asdict() for mark in marks]
