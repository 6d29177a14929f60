"""What a party asked of operators: where each request stands, why, and what was answered."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, date, datetime
from http import HTTPStatus
from typing import Any, Literal
from uuid import UUID

from fastapi import FastAPI, Request
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from connectors.api.answers import Answer, Paged
from connectors.api.caller import only, participant
from connectors.api.paging import PER_PAGE, Page
from connectors.api.problems import answers, may_fail
from hub.register.model import Register
from hub.rules.relations import reasons_of
from hub.rules.scopes import Scope
from hub.rules.seeing import may_see
from hub.rules.throttle.forecast import Why
from hub.rules.throttle.standing import Leaves, Standing, leaves
from hub.store.clock import Clock
from hub.store.database import transaction
from hub.store.register.registers import Registers
from hub.store.throttle.lines import find_standing
from hub.store.versions import newest_markings
from hub.store.views import requests as store
from hub.words import wording
from schemas.catalogue import Request as Asked
from schemas.catalogue import parse
from schemas.terms import FunctionSlug, Tlp

_OPEN = ("waiting", "joined-sent", "sent")


class ShownReference(Answer):
    """An event, by its `source` and `id`."""

    source: str
    id: str


class ShownAnswer(ShownReference):
    """An answer that you received."""

    event_key: UUID


class ShownRequest(ShownReference):
    """One request to one operator. `others` have the same open question, besides you. `expectedBy` is when it
    reaches the operator at the latest, if nothing is added; without it, `why` says why that can't be said.
    `follows` is the earlier request that this goes on from."""

    event_key: UUID
    subject: str
    title: str
    functions: list[FunctionSlug]
    areas: list[str]
    tlp: Tlp
    operator: str
    state: Literal[
        "waiting",
        "joined-sent",
        "sent",
        "answered",
        "not-shared",
        "declined",
        "expired",
        "withdrawn",
        "withheld",
    ]
    detail: str
    received_at: datetime
    needed_by: date | None
    expires_at: datetime
    closed_at: datetime | None
    others: int
    expected_by: datetime | None
    why: Why | None
    answers: list[ShownAnswer]
    follows: ShownReference | None


class Requests(Paged):
    requests: list[ShownRequest]


def add_requests(app: FastAPI, pool: AsyncEngine, registers: Registers, clock: Clock) -> None:
    """Adds the caller's own requests to the app."""

    async def get_requests(request: Request, page: Page = 1) -> Any:
        party = await participant(request, Scope.READ)
        only(request, "page")
        register, now = await registers.newest(), await clock.now()
        async with transaction(pool) as connection:
            total = await store.count_requests_of(connection, party)
            rows = await store.list_requests_of(connection, party, PER_PAGE, (page - 1) * PER_PAGE)
            given = await _answers(connection, party, rows, register)
            standings = {
                operator: await find_standing(connection, operator, now)
                for operator in sorted({row.operator for row in rows if row.state == "waiting"})
            }
        return {
            "page": page,
            "pages": max(1, -(-total // PER_PAGE)),
            "total": total,
            "requests": [_shown(row, await _leaves(row, standings), given, register) for row in rows],
        }

    app.add_api_route(
        "/v1/requests",
        get_requests,
        methods=["GET"],
        summary="Uw verzoeken aan beheerders: waar staan ze, en waarom?",
        response_model=None,
        responses=answers(Requests) | may_fail(HTTPStatus.FORBIDDEN),
    )


async def _leaves(row: Any, standings: dict[str, Standing]) -> Leaves | None:
    if row.state != "waiting":
        return None
    # A long line takes a while, and others wait for none of it.
    return await asyncio.to_thread(leaves, standings[row.operator], row.item_key, row.asker)


async def _answers(
    connection: AsyncConnection, party: str, rows: Sequence[Any], register: Register
) -> dict[tuple[UUID, str], list[dict[str, Any]]]:
    """What the party received for each of its requests, as far as it may still see that."""
    found: dict[tuple[UUID, str], list[UUID]] = {}
    for one in await store.served_to(connection, {row.event_key for row in rows}):
        found.setdefault((one.event_key, one.operator), []).append(one.answer_key)
    for row in rows:
        if row.state == "answered" and row.answer_key is not None:
            found.setdefault((row.event_key, row.operator), []).append(row.answer_key)
    wanted = {key for keys in found.values() for key in keys}
    seen = {}
    newest = await newest_markings(connection, wanted)
    for row in await store.received(connection, party, wanted):
        event = parse(row.content)
        delivered = reasons_of(row.reasons)
        if may_see(party, row.publisher, event, delivered, register, newest.get(row.event_key)):
            seen[row.event_key] = {"eventKey": str(row.event_key), "source": event.source, "id": event.id}
    return {of: [seen[key] for key in dict.fromkeys(keys) if key in seen] for of, keys in found.items()}


def _shown(
    row: Any,
    when: Leaves | None,
    given: dict[tuple[UUID, str], list[dict[str, Any]]],
    register: Register,
) -> dict[str, Any]:
    event = parse(row.content)
    assert isinstance(event, Asked)  # noqa: S101 - only such ask
    state = f"{wording.REQUEST_STATES[row.state].capitalize()}."
    if row.state == "declined" and row.referred_to:
        state = f"Doorverwezen naar {wording.party_name(row.referred_to, register)}."
    again = event.data.again
    return {
        "eventKey": str(row.event_key),
        "source": event.source,
        "id": event.id,
        "subject": event.subject,
        "title": wording.title(event),
        "functions": list(event.functions),
        "areas": list(event.areas),
        "tlp": event.tlp,
        "operator": row.operator,
        "state": row.state,
        "detail": f"{state} {wording.leaves(when)}" if when else state,
        "receivedAt": _written(row.received_at),
        "neededBy": str(row.needed_by) if row.needed_by else None,
        "expiresAt": _written(row.expires_at),
        "closedAt": _written(row.closed_at) if row.closed_at else None,
        "others": row.others if row.state in _OPEN else 0,
        "expectedBy": _written(when.by) if when and when.by else None,
        "why": when.why if when else None,
        "answers": given.get((row.event_key, row.operator), []),
        "follows": {"source": again.request.source, "id": again.request.id} if again else None,
    }


def _written(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat()
