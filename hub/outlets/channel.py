"""What a way out to systems is: a folder in `connectors/` with a `Channel` in it, and a line in the table of
`consumers/ways_out/channels.py`."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple, Protocol

from pydantic import BaseModel, ConfigDict

from hub.outlets.handing import Handed
from hub.rules.outlets import Sent
from hub.settings import Settings
from schemas.problems import Problem


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


class Wanted(BaseModel):
    """What the owner of a system writes of it, as the body of a request or at the keyboard."""

    model_config = ConfigDict(extra="forbid")

    def problems(self, *, local: bool) -> Iterable[Problem]:  # noqa: ARG002 - others ask
        """All that is wrong with it, besides its form; `local`: in an exercise."""
        return ()

    def target(self) -> dict[str, Any]:
        """What of it is kept where its owner and the administrator may read it."""
        return self.model_dump(mode="json")

    def secrets(self) -> Sequence[str]:
        """What of it nobody reads again."""
        return ()


class Channel(NamedTuple):
    """A way out: the name of its channel, what makes it, and what an owner writes of a system of its own;
    None where that is set in another way."""

    name: str
    make: Callable[[Settings], WayOut]
    wanted: type[Wanted] | None = None
