"""What a way out to systems is: a folder in `connectors/` with something of this shape in it, and a line in
the table of `consumers/ways_out.py`."""

from collections.abc import Sequence
from typing import Any, NamedTuple, Protocol

from hub.handing import Handed
from hub.rules.outlets import Sent


class Target(NamedTuple):
    """Where a party's system is: its own `target` as the way out reads it, and the secrets shared with it."""

    party: str
    name: str
    target: dict[str, Any]
    secrets: Sequence[dict[str, Any]]


class Welcome(NamedTuple):
    """The system wants to be sent to, at most so many times a minute; None: without a limit."""

    rate: int | None = None


class WayOut(Protocol):
    """A way out over which deliveries go to systems."""

    async def greet(self, target: Target) -> Welcome | Sent:
        """Asks whether it wants to be sent to; when not, what went wrong."""

    async def send(self, target: Target, deliveries: Sequence[Handed]) -> Sequence[Sent]:
        """What became of each, in order, of as many as it tried: after a failure it may try no more. None
        tried: the way itself is closed."""

    async def close(self) -> None:
        """Lets go of connections."""
