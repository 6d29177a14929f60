"""What an operator or a coordinator says of requests, published over HTTP."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple
from uuid import uuid4

import httpx

from connectors.client.sending import send
from consumers.say import tell, warn
from schemas.envelope import TYPE_PREFIX
from schemas.terms import Tlp


class Sender(NamedTuple):
    """Who says it, where the hub is, and what it is about; for a closed label, who may know of it."""

    token: str
    address: str
    source: str
    functions: Sequence[str]
    areas: Sequence[str]
    tlp: Tlp
    recipients: Sequence[str] = ()


class Reference(NamedTuple):
    """A request by its source and id, as they stand in the bundle."""

    source: str
    id: str


async def say(sender: Sender, kind: str, data: Mapping[str, Any], done: str) -> int:
    """Publishes what is said, with the fields that have a value; exit code 1 when the hub refuses it, with
    why. Raises HubUnavailable or SendingRefused."""
    async with httpx.AsyncClient(base_url=sender.address, timeout=60) as client:
        async for (receipt,) in send(client, sender.token, [_event(sender, kind, data)]):
            if not receipt.accepted:
                warn("\n".join([receipt.outcome, *(f"  {p.field}: {p.detail}" for p in receipt.problems)]))
                return 1
    tell(done)
    return 0


def _event(sender: Sender, kind: str, data: Mapping[str, Any]) -> dict[str, Any]:
    about = data.get("request") or data["one"]
    said = {**data, "recipients": list(sender.recipients)}
    return {
        "specversion": "1.0",
        "id": f"{kind}-{uuid4()}",
        "source": sender.source,
        "type": f"{TYPE_PREFIX}{kind}.v1",
        "time": datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z"),
        "subject": about.id,
        "datacontenttype": "application/json",
        "functions": ",".join(sender.functions),
        "areas": ",".join(sender.areas),
        "tlp": str(sender.tlp),
        "data": {name: _plain(value) for name, value in said.items() if value},
    }


def _plain(value: Any) -> Any:
    return value._asdict() if isinstance(value, Reference) else value
