"""The ledger over HTTP, for every party: its head, and the proof that a receipt was kept."""

from base64 import b64encode
from http import HTTPStatus
from typing import Annotated, Any

from fastapi import FastAPI, Path, Request
from pydantic import BaseModel, Field
from sqlalchemy.ext.asyncio import AsyncEngine

from connectors.api.caller import ApiRefused, caller, only
from connectors.api.problems import answers, may_fail
from hub.store.database import snapshot
from hub.store.ledger_keys import keyring
from hub.store.ledger_reading import proper_head
from hub.store.ledger_trees import find_number, prove_inclusion


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


def add_ledger(app: FastAPI, pool: AsyncEngine) -> None:
    """Adds the head of the ledger and proofs to the app."""

    async def get_head(request: Request) -> Any:
        await caller(request, pool)
        only(request)
        async with snapshot(pool) as connection:
            keys, _ = await keyring(connection)
            found = await proper_head(connection, keys)
        if found is None:
            raise _no_head()
        return {"head": found[1], "keys": [str(key) for key in keys.keys]}

    async def get_proof(request: Request, leaf: _Leaf) -> Any:
        await caller(request, pool)
        only(request)
        async with snapshot(pool) as connection:
            keys, _ = await keyring(connection)
            found = await proper_head(connection, keys)
            is_kept, number = await find_number(connection, bytes.fromhex(leaf))
            if not is_kept:
                raise ApiRefused(
                    HTTPStatus.NOT_FOUND,
                    "leaf",
                    "Dit staat niet in het grootboek",
                    "Geef de hash die in het ontvangstbewijs staat, als 64 hexadecimale cijfers.",
                )
            if found is None:
                raise _no_head()
            head, note = found
            if number is not None and number >= head.size:
                number = None
            proof = await prove_inclusion(connection, number, head.size) if number is not None else None
        shown = None if proof is None else [b64encode(node).decode() for node in proof]
        return {"leaf": leaf, "number": number, "proof": shown, "head": note}

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


def _no_head() -> ApiRefused:
    return ApiRefused(
        HTTPStatus.NOT_FOUND,
        "no-head",
        "Er is nog geen boomkop",
        "Het grootboek van deze hub begint net. Vraag het over een minuut nog eens.",
    )
