"""Where an event stands: the link in its receipt leads here."""

from datetime import datetime
from http import HTTPStatus
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import FastAPI, Path, Request
from sqlalchemy.ext.asyncio import AsyncEngine

from connectors.api.answers import Answer
from connectors.api.caller import only, participant
from connectors.api.problems import ProblemError, answers, may_fail
from connectors.api.refused import ApiRefused
from hub.intake.accepting import Intake
from hub.rules.scopes import SAYING, Scope
from hub.store.database import transaction
from hub.store.views.standing import Standing, find_standing_of_event
from schemas.problems import Problem

_EventKey = Annotated[UUID, Path(alias="eventKey", description="Het kenmerk van de gebeurtenis in de hub.")]


class EventStanding(Answer):
    """How far an event is. `unconfirmed`: send it again, it may not have been kept; `accepted`: it is kept;
    `routed`: who must know it was decided; `refused`: after all, and why."""

    event_key: UUID
    state: Literal["unconfirmed", "accepted", "routed", "refused"]
    accepted_at: datetime
    explanation: str | None
    errors: list[ProblemError]


def link_to(event_key: UUID) -> str:
    """Where the standing of this event is."""
    return f"/v1/events/{event_key}"


def add_standing(app: FastAPI, pool: AsyncEngine, intake: Intake) -> None:
    """Adds where an event stands to the app."""

    async def get_event(request: Request, event_key: _EventKey) -> Any:
        party = await participant(request, Scope.READ, *sorted(SAYING))
        only(request)
        is_kept = intake.keeping.has_in_kafka(event_key)
        async with transaction(pool) as connection:
            standing = await find_standing_of_event(connection, event_key)
        if standing is None or standing.publisher != party:
            raise ApiRefused(
                HTTPStatus.NOT_FOUND,
                "event",
                "Deze gebeurtenis is er niet",
                "Er is niets met dit kenmerk van u.",
            )
        return {
            "eventKey": str(event_key),
            "state": _state(standing._replace(is_kept=standing.is_kept or is_kept)),
            "acceptedAt": standing.accepted_at,
            "explanation": f"{link_to(event_key)}/explanation" if standing.is_routed else None,
            "errors": [Problem(*one)._asdict() for one in standing.problems],
        }

    app.add_api_route(
        "/v1/events/{eventKey}",
        get_event,
        methods=["GET"],
        summary="Hoe ver is uw gebeurtenis?",
        response_model=None,
        responses=answers(EventStanding) | may_fail(HTTPStatus.NOT_FOUND),
    )


def _state(standing: Standing) -> Literal["unconfirmed", "accepted", "routed", "refused"]:
    if standing.is_routed:
        return "routed"
    if standing.problems:
        return "refused"
    return "accepted" if standing.is_kept else "unconfirmed"
