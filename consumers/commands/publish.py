"""Publish events from files over HTTP, and tell what the hub says of each."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import httpx

from connectors.client.sending import HubUnavailable, Receipt, send
from connectors.files.reading import read_events
from consumers.commands.check import show
from consumers.say import tell

_DUTCH = {"accepted": "aangenomen", "known": "al bekend"}
_REFUSED, _LATER = "geweigerd", "niet bewaard"


async def publish(paths: Sequence[Path], token: str, address: str) -> int:
    """Publishes every event in the files and folders; exit code 0, or 1 when any was refused.

    Raises HubUnavailable when the hub could not keep all; sending all again then is safe."""
    found = [one for path in paths for one in read_events(path)]
    readable = [(one, one.attributes) for one in found if one.attributes is not None]
    outcomes: Counter[str] = Counter()
    for one in found:
        if one.attributes is None:
            outcomes[_REFUSED] += 1
            show(one, "niet te lezen", one.problems)
    done = 0
    async with httpx.AsyncClient(base_url=address, timeout=60) as client:
        async for receipts in send(client, token, [attributes for _, attributes in readable]):
            for (one, _), receipt in zip(readable[done:], receipts, strict=False):
                outcomes[_outcome(receipt)] += 1
                if not receipt.accepted:
                    show(one, receipt.outcome, receipt.problems)
            done += len(receipts)
            if done < len(readable):
                tell(f"{done} van {len(readable)} …")
    tell(", ".join(f"{count} {outcome}" for outcome, count in sorted(outcomes.items())))
    if outcomes[_LATER]:
        raise HubUnavailable("De hub kon niet alles bewaren. Stuur alles later nog eens: niets telt dubbel.")
    return 1 if outcomes[_REFUSED] else 0


def _outcome(receipt: Receipt) -> str:
    if receipt.status == httpx.codes.SERVICE_UNAVAILABLE:
        return _LATER
    return _DUTCH[receipt.outcome] if receipt.accepted else _REFUSED
