"""Addresses of feeds, made and ended by the party whose they are."""

from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.responses import JSONResponse
from sqlalchemy.ext.asyncio import AsyncEngine

from connectors.api.answers import Answer
from connectors.api.caller import deciding, only
from connectors.api.problems import may_fail
from hub.settings import Settings
from hub.store.access.tokens import new_feed_token, revoke_feed_tokens
from hub.store.clock import Clock
from hub.store.database import transaction
from hub.store.ledger.records import Entry, record


class FeedAddress(Answer):
    """The addresses, shown this once. Whoever has one reads what the party may see: keep it secret."""

    atom: str
    bottlenecks_csv: str
    bottlenecks_geojson: str
    stress_tests_csv: str
    stress_tests_geojson: str
    measures_csv: str
    measures_geojson: str


def add_feed_addresses(app: FastAPI, settings: Settings, pool: AsyncEngine, clock: Clock) -> None:
    """Adds the addresses of feeds to the app."""

    async def post_address(request: Request) -> Any:
        party = await deciding(request)
        only(request)
        now = await clock.now()
        async with transaction(pool) as connection:
            token = await new_feed_token(connection, party, now)
            await record(connection, [_entry(party, "made", now)])
        base = f"{settings.public_url.rstrip('/')}/feeds/{token}"
        made = FeedAddress(
            atom=f"{base}/atom",
            bottlenecks_csv=f"{base}/bottlenecks-csv",
            bottlenecks_geojson=f"{base}/bottlenecks-geojson",
            stress_tests_csv=f"{base}/stress-tests-csv",
            stress_tests_geojson=f"{base}/stress-tests-geojson",
            measures_csv=f"{base}/measures-csv",
            measures_geojson=f"{base}/measures-geojson",
        )
        return JSONResponse(made.model_dump(mode="json", by_alias=True), HTTPStatus.CREATED)

    async def delete_addresses(request: Request) -> Response:
        party = await deciding(request)
        only(request)
        now = await clock.now()
        async with transaction(pool) as connection:
            if await revoke_feed_tokens(connection, party):
                await record(connection, [_entry(party, "revoked", now)])
        return Response(status_code=HTTPStatus.NO_CONTENT)

    app.add_api_route(
        "/v1/feed-addresses",
        post_address,
        methods=["POST"],
        summary="Maak een geheim adres voor uw feeds",
        response_model=None,
        status_code=HTTPStatus.CREATED,
        responses={
            HTTPStatus.CREATED.value: {"description": "Gemaakt", "model": FeedAddress},
            **may_fail(HTTPStatus.FORBIDDEN),
        },
    )
    app.add_api_route(
        "/v1/feed-addresses",
        delete_addresses,
        methods=["DELETE"],
        summary="Trek alle adressen van uw feeds in",
        response_model=None,
        status_code=HTTPStatus.NO_CONTENT,
        responses=may_fail(HTTPStatus.FORBIDDEN),
    )


def _entry(party: str, change: str, now: datetime) -> Entry:
    moment = datetime.now(UTC).isoformat()
    return Entry(
        "feed-address-changed", (party, change, moment), None, now, {"party": party, "change": change}
    )
