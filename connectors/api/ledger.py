"""The ledger over HTTP, for every party: its head, and the proof that a receipt was kept."""

from base64 import b64encode
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import timedelta
from http import HTTPStatus
from tempfile import SpooledTemporaryFile
from typing import IO, Annotated, Any
from uuid import UUID

from fastapi import FastAPI, Path, Query, Request, Response
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, Field
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from connectors.api.caller import caller, only, participant
from connectors.api.problems import answers, may_fail
from connectors.api.refused import ApiRefused, wrong_request
from hub.ledger.exporting import Exporting, NothingToExport
from hub.ledger.key import signer_of
from hub.rules.ledger.heads import TreeHead
from hub.rules.ledger.keys import Keyring
from hub.rules.ledger.notes import Signer
from hub.rules.ledger.selecting import Selection
from hub.rules.scopes import Scope
from hub.settings import Settings
from hub.store.clock import Clock
from hub.store.database import snapshot, transaction
from hub.store.ledger.accesses import Access, highest_of
from hub.store.ledger.keys import keyring
from hub.store.ledger.reading import proper_head
from hub.store.ledger.records import record
from hub.store.ledger.trees import find_number, prove_inclusion
from hub.store.views.audit import Period, own_records
from schemas.problems import Problem
from schemas.terms import AnyMoment


class LedgerHead(BaseModel):
    """The newest tree head (c2sp.org/tlog-checkpoint), and the keys of the ledger in order."""

    head: str
    keys: list[str]


class LedgerProof(BaseModel):
    """The number of a record and the proof that it has that number in the tree of `head` (RFC 9162); both are
    null as long as the record waits for its number, mostly less than a second."""

    leaf: str
    number: int | None
    proof: list[str] | None = Field(description="hashes in base64, from the leaf up")
    head: str


_Leaf = Annotated[
    str, Path(pattern="^[0-9a-f]{64}$", description="de hash uit een ontvangstbewijs, hexadecimaal")
]


LINES = "application/jsonl"
_IN_MEMORY = 1_000_000
"""Bytes of an extract; a longer one goes to disk."""
_PIECE = 65_536
_LONGEST = timedelta(days=93)
_From = Annotated[AnyMoment, Query(alias="from", description="vanaf dit moment")]
_To = Annotated[AnyMoment, Query(alias="to", description="voor dit moment; hoogstens 93 dagen later")]


def add_ledger(app: FastAPI, settings: Settings, pool: AsyncEngine, clock: Clock) -> None:
    """Adds the head of the ledger, proofs, and a party's own extract to the app."""

    async def get_own_records(request: Request, since: _From, until: _To) -> Response:
        party = await participant(request, Scope.READ)
        only(request, "from", "to")
        if not since < until <= since + _LONGEST:
            raise wrong_request(
                [Problem("to", "period", "moet na 'from' liggen, en hoogstens 93 dagen later")]
            )
        selection = Selection(since, until, None, party, is_own=True)
        # A slow reader must not hold a connection: the extract is whole before it is sent.
        with ExitStack() as stack:
            file = stack.enter_context(SpooledTemporaryFile(_IN_MEMORY))
            events = await _write_own(file, pool, signer_of(settings), party, selection)
            now = await clock.now()
            async with transaction(pool) as connection:
                tlp = await highest_of(connection, events)
                access = Access(party, "ledger-extract", tlp, selection.told())
                await record(connection, [access.entry(now)])
            stack.pop_all()
        return StreamingResponse(_sent(file), media_type=LINES)

    async def get_head(request: Request) -> Any:
        await caller(request, *Scope)
        only(request)
        async with snapshot(pool) as connection:
            keys, _, note = await _newest(connection)
        return {"head": note, "keys": [str(key) for key in keys.keys]}

    async def get_proof(request: Request, leaf: _Leaf) -> Any:
        await caller(request, *Scope)
        only(request)
        async with snapshot(pool) as connection:
            _, head, note = await _newest(connection)
            is_kept, number = await find_number(connection, bytes.fromhex(leaf))
            if not is_kept:
                raise ApiRefused(
                    HTTPStatus.NOT_FOUND,
                    "leaf",
                    "Dit staat niet in het grootboek",
                    "Geef de hash die in het ontvangstbewijs staat, als 64 hexadecimale cijfers.",
                )
            if number is not None and number >= head.size:
                number = None
            proof = await prove_inclusion(connection, number, head.size) if number is not None else None
        shown = None if proof is None else [b64encode(node).decode() for node in proof]
        return {"leaf": leaf, "number": number, "proof": shown, "head": note}

    app.add_api_route(
        "/v1/ledger/records",
        get_own_records,
        methods=["GET"],
        summary="Het bewijs van wat u publiceerde en kreeg, en alleen dat",
        response_model=None,
        response_class=Response,
        responses={
            HTTPStatus.OK.value: {
                "description": "Een uittreksel van het grootboek: zie docs/explanation/ledger-format.md",
                "content": {LINES: {}},
            },
            **may_fail(HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND),
        },
    )
    for path, endpoint, summary, model in (
        ("head", get_head, "De boomkop van het grootboek, ondertekend", LedgerHead),
        (
            "proof/{leaf}",
            get_proof,
            "Het bewijs dat een ontvangen gebeurtenis in het grootboek staat",
            LedgerProof,
        ),
    ):
        app.add_api_route(
            f"/v1/ledger/{path}",
            endpoint,
            methods=["GET"],
            summary=summary,
            response_model=None,
            responses=answers(model) | may_fail(HTTPStatus.NOT_FOUND),
        )


async def _write_own(
    file: IO[bytes], pool: AsyncEngine, signer: Signer, party: str, selection: Selection
) -> set[UUID]:
    """Writes a party's own extract; the events that it tells of. Raises ApiRefused."""
    async with snapshot(pool) as connection:
        try:
            exporting = await Exporting.begun(connection, signer)
        except NothingToExport:
            raise _no_head() from None
        period = Period(selection.since, selection.until)
        own = own_records(connection, party, period, exporting.head.size)
        async for content in exporting.lines(selection, own):
            file.write(content)
    file.seek(0)
    return exporting.events


def _sent(file: IO[bytes]) -> Iterator[bytes]:
    with file:
        while some := file.read(_PIECE):
            yield some


async def _newest(connection: AsyncConnection) -> tuple[Keyring, TreeHead, str]:
    keys, _ = await keyring(connection)
    if (found := await proper_head(connection, keys)) is None:
        raise _no_head()
    return keys, *found


def _no_head() -> ApiRefused:
    return ApiRefused(
        HTTPStatus.NOT_FOUND,
        "no-head",
        "Er is nog geen boomkop",
        "Het grootboek van deze hub begint net. Vraag het over een minuut nog eens.",
    )
