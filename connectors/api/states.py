"""How far the deliveries of an event are: for who sent it, and for who receives it."""

from datetime import datetime
from http import HTTPStatus
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import FastAPI, Path, Request
from pydantic import Field
from sqlalchemy.ext.asyncio import AsyncEngine

from connectors.api.answers import Answer
from connectors.api.caller import only, participant
from connectors.api.exchange import not_there, seen_by
from connectors.api.problems import answers, may_fail
from hub.rules.explaining import explanation_for_publisher
from hub.rules.scopes import Scope
from hub.rules.states import OnTheWay, State, as_receiver_knows, as_sender_knows
from hub.store.database import transaction
from hub.store.register.registers import Registers
from hub.store.views.states import states_of

_EventKey = Annotated[UUID, Path(alias="eventKey", description="Het kenmerk van de gebeurtenis in de hub.")]


class ShownState(Answer):
    """A sender reads how far a party is, not by which way; pending then also is what does not go, as a party
    may know it no longer or does not want it. A receiver reads its own, by way, and why not."""

    party: str
    state: Literal["pending", "sent", "delivered", "acknowledged", "failed", "given-up"]
    at: datetime | None
    way: Annotated[str | None, Field(description="mail, bundle, pull, feed, of een kanaal en een naam")] = (
        None
    )
    why: str | None = None


class DeliveryStates(Answer):
    """Sent: a mail server or a reader of the party has it; delivered: its system has taken it; acknowledged:
    it went on after it, or answered; failed: it is tried again; given-up: somebody has to look."""

    event_key: UUID
    seen_as: Literal["sender", "receiver"]
    deliveries: list[ShownState]


def add_states(app: FastAPI, pool: AsyncEngine, registers: Registers) -> None:
    """Adds the states of deliveries to the app."""

    async def get_states(request: Request, event_key: _EventKey) -> Any:
        party = await participant(request, Scope.READ)
        only(request)
        register = await registers.newest()
        async with transaction(pool) as connection:
            ways = await states_of(connection, event_key)
            own = as_receiver_knows(ways, party)
            asked = any(one.way == "bundle" and one.state is not State.PENDING for one in own)
            seen = await seen_by(connection, event_key, party, register, asked=asked)
            is_sender = seen.publisher == party
            if is_sender:
                then = await registers.of_version(connection, seen.register_version)
                shown = as_sender_knows(ways, explanation_for_publisher(seen.event, then))
            else:
                shown = own
        if not shown and not is_sender:
            raise not_there()
        told = DeliveryStates(
            event_key=event_key,
            seen_as="sender" if is_sender else "receiver",
            deliveries=[_shown(one, whole=not is_sender) for one in shown],
        )
        return told.model_dump(mode="json", by_alias=True, exclude_unset=True)

    app.add_api_route(
        "/v1/events/{eventKey}/deliveries",
        get_states,
        methods=["GET"],
        summary="Hoe ver zijn de bezorgingen van uw gebeurtenis, of die aan u?",
        response_model=None,
        responses=answers(DeliveryStates) | may_fail(HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND),
    )


def _shown(one: OnTheWay, *, whole: bool) -> ShownState:
    own: dict[str, Any] = {"way": one.way, "why": one.why or None} if whole else {}
    return ShownState(party=one.party, state=one.state.value, at=one.at, **own)
