"""Removes what was written in events, because somebody has a right to that; the ledger keeps the proof."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from consumers.commands.explain import found_event
from consumers.say import tell, warn
from hub.errors import HubError
from hub.ledger import erasing
from hub.ledger.erasing import Found
from hub.settings import Settings
from hub.store import words
from hub.store.clock import clock_of
from hub.store.database import opened, transaction
from hub.store.ledger import removing
from hub.store.under_way import outlast
from hub.words import wording
from schemas.catalogue import parse

BROKEN_OFF = (
    "Afgebroken. Er is niets half verwijderd; start dit opnieuw om te zien of er nog iets staat, en om het "
    "af te maken."
)
_MOST_TOLD = 100
_LONGEST = timedelta(minutes=10)


class StillToSend(HubError):
    """A mail with this content is about to be sent. Try again later."""

    try_again = True


class StillToRead(HubError):
    """What was just accepted may have these words. Try again later."""

    try_again = True


class StillBusy(HubError):
    """Something read these words before they were removed, and may write them again. Do it again later."""

    try_again = True


async def erase(
    settings: Settings, events: Sequence[str], containing: str | None, reason: str | None, *, remove: bool
) -> int:
    """Tells what there is of these events and of all in which some words stand; with `remove` removes it in
    one transaction, and once more when all that was under way has ended. Again changes nothing more. Raises
    EventUnknown, StillToSend, StillToRead, StillBusy or Unavailable."""
    async with opened(settings, command_seconds=600) as pool:
        now = await clock_of(settings, pool).now()
        removal = removing.Removal("erased", reason)
        async with transaction(pool) as connection:
            named = {(await found_event(connection, event)).event_key for event in events}
            found = await erasing.find(connection, named, containing)
            _tell(found)
            if not remove:
                await _tell_dry(connection, found, containing)
                return 0
            await _must_be_done(connection, found, containing)
            letters = await _empty_rest(connection, containing)
            await erasing.empty(connection, found, removal, now)
        left = await _again(pool, found.keys, containing, removal, now)
    _tell_done(found, letters, left)
    tell(
        f"Kafka bewaart gebeurtenissen {settings.topic_retention_days} dagen. Wat bezorgd is, staat bij de "
        "ontvangers; kopie\u00ebn van de database ruimt u zelf op. Zie docs/verwijderen.md."
    )
    return 0


async def _again(
    pool: AsyncEngine,
    keys: Collection[UUID],
    containing: str | None,
    removal: removing.Removal,
    now: datetime,
) -> list[str]:
    """Removes what others wrote that had read it before it was gone; what stays in spite of all."""
    if not await outlast(pool, _LONGEST):
        raise StillBusy(
            "De inhoud is verwijderd, maar iets anders is al lang met de database bezig, en kan nog "
            "opschrijven wat het eerder las. Start dit later opnieuw: dat maakt het af."
        )
    async with transaction(pool) as connection:
        late = await erasing.find(connection, keys, containing)
        if late.on_their_way or late.unread():
            raise StillBusy(
                "De inhoud is verwijderd, maar er kwam iets bij dat de hub nog moet lezen. Start dit over "
                "een paar minuten opnieuw: dat maakt het af."
            )
        await erasing.empty(connection, late, removal, now)
        await _empty_rest(connection, containing)
        return await _left(connection, containing)


async def _empty_rest(connection: AsyncConnection, containing: str | None) -> int:
    if not containing:
        return 0
    await words.drop_uploads(connection, containing)
    return await removing.empty_letters(connection, containing)


async def _left(connection: AsyncConnection, containing: str | None) -> list[str]:
    if not containing:
        return []
    left = await words.places_that_stay(connection, containing)
    if events := await words.contents_containing(connection, containing):
        left.insert(
            0, f"{len(events)} gebeurtenissen: in het kenmerk (id) of onderwerp (subject), dat blijft"
        )
    if mails := await words.mails_containing(connection, containing):
        left.append(f"{len(mails)} mails die net verstuurd worden; start dit straks opnieuw")
    return left


def _tell(found: Found) -> None:
    for row in found.still_here[:_MOST_TOLD]:
        event, day = parse(row.content), wording.day(row.at.date())
        tell(f"{day}  {wording.type_name(event)} (TLP:{event.tlp}; {row.event_key})")
    if len(found.still_here) > _MOST_TOLD:
        tell(f"en nog {len(found.still_here) - _MOST_TOLD} andere")


async def _tell_dry(connection: AsyncConnection, found: Found, containing: str | None) -> None:
    if found.is_nothing():
        tell("Er is niets te verwijderen: niets wat u noemt staat nog in de hub, of het is al verwijderd.")
    else:
        tell(f"Met --remove verdwijnt {_what(found)}. Er is nu niets veranderd.")
    if doubts := found.in_doubt():
        warn(f"Over {doubts} van die ontvangen mails moet iemand nog beslissen; dat kan daarna niet meer.")
    if containing:
        stay = await words.places_that_stay(connection, containing)
        _warn_left(stay, "Deze woorden staan ook waar dit niets verwijdert:")


def _tell_done(found: Found, letters: int, left: Sequence[str]) -> None:
    what = _what(found)
    if letters:
        what += f", en wat van {letters} geweigerde gebeurtenissen stond opgetekend"
    if found.is_nothing() and not letters:
        tell("Er was niets meer te verwijderen.")
    else:
        # It is not "gone" while the words still stand somewhere.
        tell(
            f"{'Verwijderd' if left else 'Weg'} is {what}. Het grootboek klopt nog, en zegt dat het gebeurde."
        )
    if not left:
        tell("Het kenmerk (id) en het onderwerp (subject) van een gebeurtenis blijven staan.")
    _warn_left(left, "Niet alles is weg. De woorden staan nog in:")


def _warn_left(left: Sequence[str], head: str) -> None:
    if left:
        warn("\n".join([head, *(f"  {one}" for one in left)]))


def _what(found: Found) -> str:
    parts = [
        f"de inhoud van {len(found.still_here)} gebeurtenissen",
        f"die van {len(found.mails)} mails die daarvan vertelden",
    ]
    if found.came_in:
        parts.append(f"die van {len(found.came_in)} ontvangen mails")
    return f"{', '.join(parts[:-1])} en {parts[-1]}"


async def _must_be_done(connection: AsyncConnection, found: Found, containing: str | None) -> None:
    count = await removing.count_unrouted(connection) if containing else 0
    if count := count + found.on_their_way:
        raise StillToRead(
            f"{count} gebeurtenissen zijn aangenomen en nog niet gelezen: de woorden kunnen ook daar staan. "
            "Er is niets verwijderd: probeer het opnieuw als 'kernhub run router' bij is."
        )
    if unread := found.unread():
        raise StillToRead(
            f"{unread} ontvangen mails met deze woorden zijn nog niet gelezen. Er is niets verwijderd: "
            "probeer het opnieuw als 'kernhub run inbound' bij is."
        )
    if waiting := found.queued():
        raise StillToSend(
            f"Er staan nog {waiting} mails hierover klaar om te versturen. Er is niets verwijderd: probeer "
            "het over een paar minuten opnieuw."
        )
