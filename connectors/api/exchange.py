"""What came of an event, for the parties that may see it: who received it and why, and its chain effects."""

from http import HTTPStatus
from typing import Annotated, Any, NamedTuple
from uuid import UUID

from fastapi import FastAPI, Path, Request
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from connectors.api.answers import Answer
from connectors.api.caller import only, participant
from connectors.api.explained import ShownExplanation, shown_explanation
from connectors.api.problems import answers, may_fail
from connectors.api.refused import ApiRefused
from hub.register.kinds import Strength
from hub.register.model import Register
from hub.rules.at_risk import at_risk
from hub.rules.explaining import explanation_for_publisher
from hub.rules.relations import Reason, Relation, reasons_of
from hub.rules.scopes import Scope
from hub.rules.seeing import may_see
from hub.store.database import transaction
from hub.store.register.registers import Registers
from hub.store.versions import newest_markings
from hub.store.views.events import find_delivery, find_event
from schemas.bottleneck import BottleneckFound, BottleneckUpdated
from schemas.catalogue import Event, parse
from schemas.terms import FunctionSlug

_EventKey = Annotated[UUID, Path(alias="eventKey", description="Het kenmerk van de gebeurtenis in de hub.")]


class ExplanationOfEvent(ShownExplanation):
    event_key: UUID


class FunctionAtRisk(Answer):
    """A function that the bottleneck harms, along a path of dependencies, and who has it there."""

    function: FunctionSlug
    strength: Strength
    path: list[FunctionSlug]
    areas: list[str]
    core_team: str
    operators: list[str]


class ChainEffects(Answer):
    event_key: UUID
    register_version: int
    at_risk: list[FunctionAtRisk]


class Seen(NamedTuple):
    """An event that a party may see."""

    event: Event
    publisher: str
    register_version: int


def add_exchange(app: FastAPI, pool: AsyncEngine, registers: Registers) -> None:
    """Adds the life of an event to the app."""

    async def get_explanation(request: Request, event_key: _EventKey) -> Any:
        party = await participant(request, Scope.READ)
        only(request)
        register = await registers.newest()
        async with transaction(pool) as connection:
            seen = await seen_by(connection, event_key, party, register)
            if seen.publisher != party:
                raise not_there()
            then = await registers.of_version(connection, seen.register_version)
        return {
            "eventKey": str(event_key),
            **shown_explanation(explanation_for_publisher(seen.event, then)),
        }

    async def get_chain_effects(request: Request, event_key: _EventKey) -> Any:
        party = await participant(request, Scope.READ)
        only(request)
        register = await registers.newest()
        async with transaction(pool) as connection:
            seen = await seen_by(connection, event_key, party, register)
        if not isinstance(seen.event, BottleneckFound | BottleneckUpdated):
            raise not_there()
        return {
            "eventKey": str(event_key),
            "registerVersion": register.version,
            "atRisk": [
                {
                    "function": one.harm.function,
                    "strength": one.harm.strength,
                    "path": list(one.harm.path),
                    "areas": list(one.areas),
                    "coreTeam": one.core_team,
                    "operators": list(one.operators),
                }
                for one in at_risk(seen.event, register)
            ],
        }

    for path, endpoint, summary, model in (
        (
            "explanation",
            get_explanation,
            "Wie kreeg uw gebeurtenis, en waarom een ander niet?",
            ExplanationOfEvent,
        ),
        ("chain-effects", get_chain_effects, "Wat loopt gevaar door dit knelpunt?", ChainEffects),
    ):
        app.add_api_route(
            f"/v1/events/{{eventKey}}/{path}",
            endpoint,
            methods=["GET"],
            summary=summary,
            response_model=None,
            responses=answers(model) | may_fail(HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND),
        )


async def seen_by(
    connection: AsyncConnection, event_key: UUID, party: str, register: Register, *, asked: bool = False
) -> Seen:
    """The event, if the party may see it, or was `asked` in a bundle that it got. Raises ApiRefused, the same
    whether it is there or not."""
    row = await find_event(connection, event_key)
    delivery = await find_delivery(connection, event_key, party)
    # Before the event is read: one that can't be read fails, and would show that it is there.
    if row is None or (delivery is None and not asked and row.publisher != party):
        raise not_there()
    event = parse(row.content)
    delivered = [Reason(Relation.ASKED)] if asked else None
    if delivery is not None:
        delivered = reasons_of(delivery.reasons)
    newest = (await newest_markings(connection, [event_key])).get(event_key)
    if not may_see(party, row.publisher, event, delivered, register, newest):
        raise not_there()
    return Seen(event, row.publisher, row.register_version)


def not_there() -> ApiRefused:
    return ApiRefused(
        HTTPStatus.NOT_FOUND, "event", "Deze gebeurtenis is er niet", "Er is niets met dit kenmerk voor u."
    )
