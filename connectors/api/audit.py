"""What an auditor asks, over HTTP: page by page, each line with the number of the record that proves it."""

import json
from collections.abc import Sequence
from http import HTTPStatus
from typing import Annotated, Any
from uuid import UUID, uuid4

from fastapi import FastAPI, Query, Request
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from connectors.api.audit_answers import AskedRequests, EventLife, KnownBy, ReceivedEvents, SeenBy
from connectors.api.caller import auditor, only
from connectors.api.problems import answers, may_fail
from connectors.api.refused import ApiRefused, wrong_request
from hub.ledger.seers import seers_of
from hub.store.clock import Clock
from hub.store.database import snapshot, transaction
from hub.store.ledger.records import Entry, record
from hub.store.register.registers import Registers
from hub.store.views import audit
from hub.store.views.asides import asides_of
from hub.store.views.asked import asked_of
from hub.store.views.events import find_event
from hub.store.views.gotten import Cursor, received_by
from hub.store.views.knowing import by_when, knew_of
from schemas.problems import Problem
from schemas.terms import AnyMoment, FunctionSlug, PartySlug

_From = Annotated[AnyMoment | None, Query(alias="from", description="vanaf dit moment")]
_To = Annotated[AnyMoment | None, Query(alias="to", description="voor dit moment")]
_MOST = 2**53 - 1
"""No record has a higher number, and PostgreSQL can count so far."""
_After = Annotated[str | None, Query(max_length=200, description="'next' van de bladzijde hiervoor")]


def add_audit(app: FastAPI, pool: AsyncEngine, registers: Registers, clock: Clock) -> None:
    """Adds an auditor's questions to the app; the ledger tells what was asked."""

    async def admit(request: Request, *known: str, party: str | None = None, **asked: Any) -> None:
        await auditor(request)
        only(request, *known)
        if party is not None:
            await _must_be_there(registers, party)
        now = await clock.now()
        facts = {"path": request.url.path, "query": audit.understood(**asked)}
        async with transaction(pool) as connection:
            await record(connection, [Entry("audit-asked", (uuid4(),), None, now, facts)])

    async def get_life(
        request: Request,
        key: UUID,
        after: Annotated[int, Query(ge=-1, description="'next' van de bladzijde hiervoor")] = -1,
    ) -> Any:
        await admit(request, "after", further=after >= 0)
        async with snapshot(pool) as connection:
            await _must_exist(connection, key)
            rows = await audit.life_of(connection, key, min(after, _MOST), audit.PER_PAGE)
            asides = await asides_of(connection, key) if after < 0 else []
        records = [{"number": row.number, "kind": row.kind, "record": json.loads(row.record)} for row in rows]
        set_aside = [
            {
                "kind": one.kind,
                "written": one.written,
                "batch": one.batch,
                "setAsideAt": one.at,
                "why": one.why,
            }
            for one in asides
        ]
        following = rows[-1].number if len(rows) == audit.PER_PAGE else None
        return {"records": records, "setAside": set_aside, "next": following}

    async def get_received(
        request: Request,
        slug: PartySlug,
        function: FunctionSlug | None = None,
        since: _From = None,
        until: _To = None,
        after: _After = None,
    ) -> Any:
        asked = {"function": function, "since": since, "until": until, "further": after is not None}
        await admit(request, "function", "from", "to", "after", party=slug, **asked)
        period = audit.Period(since, until)
        async with snapshot(pool) as connection:
            rows = await received_by(connection, slug, function, period, _cursor(after), audit.PER_PAGE)
            numbers = await audit.numbers_of(connection, [row.record_key for row in rows])
        received = [
            {
                "event": row.event_key,
                "type": row.type,
                "tlp": row.tlp,
                "way": row.way,
                "sentAt": row.got_at,
                "record": numbers.get(row.record_key),
            }
            for row in rows
        ]
        return {"received": received, "next": _next(rows, "got_at")}

    async def get_known_by(
        request: Request, key: UUID, at: AnyMoment | None = None, after: _After = None
    ) -> Any:
        await admit(request, "at", "after", at=at, further=after is not None)
        now = await clock.now()
        moment = min(at or now, now)
        async with snapshot(pool) as connection:
            event = await _must_exist(connection, key)
            rows = await knew_of(connection, key, moment)
        rows, following = audit.page_of(rows, after, by_when)
        knew = event.accepted_at <= moment
        return {
            "at": moment,
            "publisher": {"party": event.publisher, "since": event.accepted_at} if knew else None,
            "received": [{"party": row.party, "since": row.since, "way": row.way} for row in rows],
            "next": following,
        }

    async def get_seen_by(
        request: Request, key: UUID, at: AnyMoment | None = None, after: _After = None
    ) -> Any:
        await admit(request, "at", "after", at=at, further=after is not None)
        now = await clock.now()
        # What is to come is not known: it is as it is now.
        at = min(at, now) if at else None
        async with snapshot(pool) as connection:
            event = await _must_exist(connection, key)
            seers = await seers_of(connection, event, registers, now, at)
        seers, following = audit.page_of(seers, after, lambda one: one.party)
        parties = [
            {"party": one.party, "maySee": one.may_see, "since": one.since, "way": one.way} for one in seers
        ]
        return {"at": at or now, "parties": parties, "next": following}

    async def get_asked(
        request: Request, slug: PartySlug, since: _From = None, until: _To = None, after: _After = None
    ) -> Any:
        asking = {"since": since, "until": until, "further": after is not None}
        await admit(request, "from", "to", "after", party=slug, **asking)
        async with snapshot(pool) as connection:
            rows = await asked_of(connection, slug, (since, until), _cursor(after))
        asked = [
            {
                "event": row.event_key,
                "asker": row.asker,
                "state": row.state,
                "receivedAt": row.received_at,
                "releasedAt": row.released_at,
                "answer": row.answer_key,
                "answeredAt": row.answered_at,
                "record": row.record,
                "answerRecord": row.answer_record,
            }
            for row in rows
        ]
        return {"requests": asked, "next": _next(rows, "received_at")}

    for path, endpoint, summary, model in (
        ("events/{key}/records", get_life, "Alles wat met een gebeurtenis is gedaan", EventLife),
        ("events/{key}/known-by", get_known_by, "Wie wist op een moment van een gebeurtenis?", KnownBy),
        (
            "events/{key}/seen-by",
            get_seen_by,
            "Wie mag een gebeurtenis zien (op een moment), en wie kreeg haar?",
            SeenBy,
        ),
        ("parties/{slug}/received", get_received, "Wat kreeg een partij?", ReceivedEvents),
        ("operators/{slug}/asked", get_asked, "Wat is een beheerder gevraagd?", AskedRequests),
    ):
        app.add_api_route(
            f"/v1/audit/{path}",
            endpoint,
            methods=["GET"],
            summary=summary,
            response_model=None,
            responses=answers(model) | may_fail(HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND),
        )


async def _must_exist(connection: AsyncConnection, key: UUID) -> Any:
    if (row := await find_event(connection, key)) is None:
        detail = "Het kenmerk staat in het adres van de pagina van een gebeurtenis."
        raise ApiRefused(HTTPStatus.NOT_FOUND, "event", "Deze gebeurtenis kennen wij niet", detail)
    return row


async def _must_be_there(registers: Registers, party: str) -> None:
    """In the register of today, or in an earlier one: an auditor asks of the past."""
    register = await registers.newest()
    if party not in register.parties and party not in register.former:
        detail = f"'{party}' is nu geen partij in het register, en was dat ook niet."
        raise ApiRefused(HTTPStatus.NOT_FOUND, "party", "Deze partij kennen wij niet", detail)


def _cursor(after: str | None) -> Cursor | None:
    try:
        return Cursor.read(after) if after is not None else None
    except ValueError:
        raise wrong_request(
            [Problem("after", "cursor", "neem 'next' over van de bladzijde hiervoor")]
        ) from None


def _next(rows: Sequence[Any], moment: str) -> str | None:
    if len(rows) < audit.PER_PAGE:
        return None
    last = rows[-1]
    return str(Cursor(getattr(last, moment), last.event_key, getattr(last, "way", "")))
