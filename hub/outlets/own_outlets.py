"""A party's systems over any channel, as it or the administrator changes them."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from pydantic import ValidationError
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.errors import HubError
from hub.outlets.channel import Wanted
from hub.store.deliveries import outlets
from hub.store.deliveries.outlets import OutletName
from hub.store.deliveries.stream import place_since
from schemas.problems import Problem, problems_of

_MOST_OF_A_PARTY = 20


class OutletRefused(HubError):
    """The system stays as it was. `problems` say why; none: there is no such system."""

    def __init__(self, problems: Sequence[Problem] = ()):
        self.problems = problems
        super().__init__(
            "\n".join(f"{one.field} {one.detail}".strip() for one in problems) or "Dit systeem is er niet."
        )


def read_wanted(wanted: Mapping[str, type[Wanted]], channel: str, written: Any, *, local: bool) -> Wanted:
    """What an owner wrote of a system over this channel. Raises OutletRefused."""
    if channel not in wanted:
        known = ", ".join(sorted(wanted))
        raise OutletRefused([Problem("channel", "unknown", f"moet een van deze zijn: {known}")])
    try:
        read = wanted[channel].model_validate(written)
    except ValidationError as error:
        raise OutletRefused(problems_of(error)) from None
    if found := list(read.problems(local=local)):
        raise OutletRefused(found)
    return read


async def put_own(
    connection: AsyncConnection,
    called: OutletName,
    wanted: Wanted,
    now: datetime,
    *,
    enabled: bool = True,
    by: str | None = None,
) -> bool:
    """Makes a system, or changes it and starts it again; whether it is new. `by`: who does; None: its party.
    Raises OutletRefused."""
    is_new = await outlets.find_outlet(connection, called) is None
    if is_new and await outlets.count_outlets(connection, called) >= _MOST_OF_A_PARTY:
        raise OutletRefused([Problem("", "too_many", f"u hebt er al {_MOST_OF_A_PARTY}")])
    secrets = [{"secret": one, "until": None} for one in wanted.secrets()]
    await outlets.put_outlet(connection, called, wanted.target(), secrets, now, by)
    if not enabled:
        await outlets.stop_outlet(connection, called, now, by)
    return is_new


async def resend(
    connection: AsyncConnection, called: OutletName, since: datetime | None, by: str, now: datetime
) -> int | None:
    """Has what was not taken tried at once, also what was given up: how many; or all sent once more that was
    planned since this moment: None. The ledger tells who asked so. Raises OutletRefused."""
    if await outlets.find_outlet(connection, called) is None:
        raise OutletRefused
    count = await outlets.try_again(connection, called, given_up=True)
    await outlets.record_resend(connection, called, by, since, count, now)
    if since is None:
        return count
    await outlets.send_from(connection, called, await place_since(connection, since))
    return None
