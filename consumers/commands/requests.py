"""A party's own requests to operators: listed, and withdrawn."""

import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import httpx

from connectors.client.sending import HubUnavailable, send
from consumers.say import tell, warn
from hub.errors import HubError
from hub.rules.clearance import is_classified
from schemas.envelope import TYPE_PREFIX
from schemas.terms import Tlp

_OPEN = ("waiting", "joined-sent", "sent")


class RequestUnknown(HubError):
    """The party made no such request, or nothing of it is open. The message says what to do."""


async def tell_requests(token: str, address: str) -> int:
    """Tells of each request where it stands and why. Raises HubUnavailable or RequestUnknown."""
    count = 0
    async with httpx.AsyncClient(base_url=address, timeout=60) as client:
        async for one in _requests(client, token):
            count += 1
            tell(f"{one['id']}  aan {one['operator']}: {one['title']}")
            tell(f"  {one['detail']}{_others(one['others'])}")
            for answer in one["answers"]:
                tell(f"  Antwoord: {answer['id']}")
    if not count:
        tell("U hebt nog niets aan beheerders gevraagd.")
    return 0


async def withdraw(token: str, address: str, request: str, reason: str | None) -> int:
    """Publishes that a request is no longer needed; exit code 1 when the hub refuses that. Raises
    HubUnavailable or RequestUnknown."""
    async with httpx.AsyncClient(base_url=address, timeout=60) as client:
        found = [one async for one in _requests(client, token) if one["id"] == request]
        if not found:
            raise RequestUnknown(f"U hebt geen verzoek '{request}'. 'kernhub requests list' noemt ze alle.")
        if len({one["source"] for one in found}) > 1:
            raise RequestUnknown(f"Meer systemen van u hebben een verzoek '{request}'. Trek het daar in.")
        if not any(one["state"] in _OPEN for one in found):
            raise RequestUnknown(f"Verzoek '{request}' is al klaar: {found[0]['detail']}")
        async for (receipt,) in send(client, token, [_withdrawal(found, reason)]):
            if not receipt.accepted:
                warn("\n".join([receipt.outcome, *(f"  {p.field}: {p.detail}" for p in receipt.problems)]))
                return 1
    tell(f"Verzoek '{request}' is ingetrokken. Wie hetzelfde vraagt, wacht gewoon door.")
    return 0


def _withdrawal(found: list[dict[str, Any]], reason: str | None) -> dict[str, Any]:
    first = found[0]
    data: dict[str, Any] = {"request": {"source": first["source"], "id": first["id"]}}
    if reason:
        data["reason"] = reason
    if is_classified(Tlp(first["tlp"])):
        data["recipients"] = sorted({one["operator"] for one in found})
    return {
        "specversion": "1.0",
        "id": f"ingetrokken-{uuid4()}",
        "source": first["source"],
        "type": f"{TYPE_PREFIX}request.withdrawn.v1",
        "time": datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z"),
        "subject": first["subject"],
        "datacontenttype": "application/json",
        "functions": ",".join(first["functions"]),
        "areas": ",".join(first["areas"]),
        "tlp": first["tlp"],
        "data": data,
    }


async def _requests(client: httpx.AsyncClient, token: str) -> AsyncIterator[dict[str, Any]]:
    page, pages = 1, 1
    while page <= pages:
        try:
            response = await client.get(
                "/v1/requests", params={"page": page}, headers={"Authorization": f"Bearer {token}"}
            )
            answer = response.json()
        except (httpx.HTTPError, httpx.InvalidURL, json.JSONDecodeError) as error:
            raise HubUnavailable(
                f"De hub op {client.base_url} geeft geen antwoord ({type(error).__name__}). Draait hij?"
            ) from error
        if response.status_code != httpx.codes.OK:
            raise RequestUnknown(str(answer.get("detail", f"De hub antwoordt met {response.status_code}.")))
        for one in answer["requests"]:
            yield one
        page, pages = page + 1, answer["pages"]


def _others(count: int) -> str:
    if not count:
        return ""
    return f" Samen met {count} {'andere vrager' if count == 1 else 'andere vragers'}."
