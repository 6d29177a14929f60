"""A change of the register by its administrator: shown, and made unless it is a trial."""

from collections.abc import Awaitable, Callable, Iterable
from typing import NoReturn

from sqlalchemy.ext.asyncio import AsyncConnection

from consumers.say import tell, warn
from hub.errors import HubError
from hub.register.difference import line_of
from hub.register.history import History
from hub.rules.exercises import is_hub_mute
from hub.settings import Settings
from hub.store.clock import clock_of
from hub.store.database import opened
from hub.store.register.administering import changed_register
from hub.store.register.registers import Registers
from hub.words.wording import HUB_IS_MUTE

_MOST_TOLD = 50


class RegisterRefused(HubError):
    """The register stays as it was. The message says why, and what to do."""


def refuse(reasons: Iterable[str], advice: str = "") -> NoReturn:
    """Raises RegisterRefused with the first of these reasons, and how many more there are."""
    listed = list(reasons)
    lines = ["Het register is niet veranderd.", *(f"  {reason}" for reason in listed[:_MOST_TOLD])]
    if len(listed) > _MOST_TOLD:
        lines.append(f"  en nog {len(listed) - _MOST_TOLD}")
    raise RegisterRefused("\n".join([*lines, *([advice] if advice else [])]))


async def changed(
    settings: Settings,
    change: Callable[[AsyncConnection, History], Awaitable[History]],
    *,
    dry_run: bool,
) -> int:
    """Makes of the newest register what `change` makes of it, and tells the difference; the version that is
    then the newest. Nobody else changes it meanwhile."""
    async with opened(settings) as pool:
        clock = clock_of(settings, pool)
        found, version = await changed_register(pool, change, await clock.now(), dry_run=dry_run)
        is_mute = is_hub_mute(await Registers(pool, clock).newest())
    for one in found:
        tell(line_of(one))
    if not found:
        tell("Er verandert niets.")
    elif dry_run:
        warn(f"{len(found)} wijzigingen. Dit was een proef: het register is niet veranderd.")
    else:
        tell(f"{len(found)} wijzigingen. Het register is nu versie {version}.")
    if is_mute:
        warn(f"Let op: {HUB_IS_MUTE}")
    return version
