"""Send events to a hub's intake over HTTP, and read what it answers about each."""

import asyncio
import json
from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
from typing import Any, NamedTuple

import httpx

from hub.errors import HubError, Unavailable
from schemas.formats import BATCH
from schemas.problems import Problem

BATCH_BYTES = 900_000
BATCH_EVENTS = 200
"""Well under what intake takes in one batch."""
_MOST_WAITS = 10
_LONGEST_WAIT = 120


class HubUnavailable(Unavailable):
    """The hub does not answer, or can't keep events now. Send all again later: nothing counts twice.
    `after`: not within so many seconds."""

    def __init__(self, said: str, after: int = 0):
        super().__init__(said)
        self.after = after


class SendingRefused(HubError):
    """The hub refuses the whole batch: its answer says why. `status` as in HTTP, where it gave one."""

    def __init__(self, said: str, status: int = 0):
        super().__init__(said)
        self.status = status


class Receipt(NamedTuple):
    """What the hub says of one event. `status` as in HTTP; problems when it was refused. `note` is the signed
    receipt, and `link` tells how far the event is."""

    accepted: bool
    status: int
    outcome: str
    problems: tuple[Problem, ...] = ()
    note: str | None = None
    link: str | None = None


def batches(events: Iterable[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    """The events in order, in batches that intake takes."""
    batch: list[dict[str, Any]] = []
    size = 0
    for event in events:
        length = len(json.dumps(event, ensure_ascii=False).encode()) + len(", ")
        if batch and (size + length > BATCH_BYTES or len(batch) == BATCH_EVENTS):
            yield batch
            batch, size = [], 0
        batch.append(event)
        size += length
    if batch:
        yield batch


async def send(
    client: httpx.AsyncClient, token: str, events: Iterable[dict[str, Any]]
) -> AsyncIterator[Sequence[Receipt]]:
    """Sends events in batches to the hub that `client` points to; the receipts of each batch, in order.

    Raises HubUnavailable or SendingRefused; batches before it are kept."""
    for batch in batches(events):
        yield await send_batch(client, token, batch)


async def send_batch(
    client: httpx.AsyncClient, token: str, batch: Sequence[dict[str, Any]], *, waits: int = _MOST_WAITS
) -> Sequence[Receipt]:
    """Sends events in one go; their receipts, in order. When the hub says that it is too much for now, waits
    as it asks, so often. Raises HubUnavailable or SendingRefused."""
    content = json.dumps(batch, ensure_ascii=False).encode()
    headers = {"Authorization": f"Bearer {token}", "Content-Type": BATCH}
    try:
        response = await client.post("/v1/events", content=content, headers=headers)
        for _ in range(waits):
            if response.status_code != httpx.codes.TOO_MANY_REQUESTS:
                break
            await asyncio.sleep(_pause(response))
            response = await client.post("/v1/events", content=content, headers=headers)
        answer = response.json()
    except httpx.InvalidURL as error:
        raise SendingRefused(f"{client.base_url} is geen adres van een hub: {error}") from error
    except (httpx.HTTPError, ValueError) as error:
        raise HubUnavailable(
            f"De hub op {client.base_url} geeft geen antwoord ({type(error).__name__}). Draait hij? Probeer "
            "het daarna opnieuw: wat al is aangenomen, telt niet dubbel."
        ) from error
    if not isinstance(answer, list):
        detail = answer.get("detail") if isinstance(answer, dict) else None
        if response.is_server_error or response.status_code == httpx.codes.TOO_MANY_REQUESTS:
            raise HubUnavailable(str(detail or "De hub kan nu niets bewaren."), _pause(response))
        said = str(detail or f"De hub antwoordt met status {response.status_code}.")
        raise SendingRefused(said, response.status_code)
    return [_receipt(row) for row in answer]


def _pause(response: httpx.Response) -> int:
    """The seconds that the hub asks to wait, within reason."""
    asked = response.headers.get("retry-after", "")
    return min(int(asked), _LONGEST_WAIT) if asked.isdecimal() else 1


def _receipt(row: dict[str, Any]) -> Receipt:
    problems = tuple(Problem(e["field"], e["code"], e["detail"]) for e in row.get("errors", ()))
    outcome = row.get("outcome") or row.get("title", "")
    accepted = row["status"] == httpx.codes.ACCEPTED
    return Receipt(accepted, row["status"], outcome, problems, row.get("receipt"), row.get("link"))
