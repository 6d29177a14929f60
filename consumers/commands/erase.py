"""Removes what was written in events, because somebody has a right to that; the ledger keeps the proof."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from consumers.commands.explain import found_event
from consumers.say import tell, warn
from hub import wording
from hub.errors import HubError
from hub.settings import Settings
from hub.store import removing
from hub.store.clock import clock_of
from hub.store.database import opened, transaction
from schemas.catalogue import parse

_MOST_TOLD = 100


class StillToSend(HubError):
    """A mail with this content is about to be sent. Try again later."""

    try_again = True


class StillToRead(HubError):
    """What was just accepted may have these words. Try again later."""

    try_again = True


async def erase(
    settings: Settings, events: Sequence[str], containing: str | None, reason: str | None, *, remove: bool
) -> int:
    """Tells what there is of these events and of those in which some words stand; with `remove` removes it,
    in one transaction. Again changes nothing more. Raises EventUnknown, StillToSend, StillToRead or
    Unavailable."""
    async with opened(settings, command_seconds=600) as pool, transaction(pool) as connection:
        named = {(await found_event(connection, event)).event_key for event in events}
        if containing:
            named |= await removing.events_containing(connection, containing)
        named |= await removing.events_quoting(connection, named)
        found = await removing.still_here(connection, named)
        mails = await removing.mails_of(connection, named)
        for row in found[:_MOST_TOLD]:
            event, day = parse(row.content), wording.day(row.at.date())
            tell(f"{day}  {wording.type_name(event)} (TLP:{event.tlp}; {row.event_key})")
        if len(found) > _MOST_TOLD:
            tell(f"en nog {len(found) - _MOST_TOLD} andere")
        what = (
            f"de inhoud van {len(found)} gebeurtenissen, en die van {len(mails)} mails die daarvan vertelden"
        )
        if not remove:
            tell(f"Met --remove verdwijnt {what}. Er is nu niets veranderd.")
            return 0
        _must_be_sent(mails)
        if containing:
            await _must_be_read(connection)
            letters = await removing.empty_letters(connection, containing)
            what += f", en wat van {letters} geweigerde gebeurtenissen stond opgetekend"
        contents = {row.event_key: row.content for row in found}
        now = await clock_of(settings, pool).now()
        await removing.remove(connection, contents, removing.Removal("erased", reason), now)
        await removing.empty_mails(connection, named)
        left = await removing.events_containing(connection, containing) if containing else set()
    tell(f"Weg is {what}. Het grootboek klopt nog, en zegt dat het gebeurde.")
    if left:
        warn(
            f"De woorden staan nog in {len(left)} gebeurtenissen, in wat nooit verdwijnt, zoals het kenmerk "
            "(id) of het onderwerp (subject)."
        )
    tell(
        f"Kafka bewaart gebeurtenissen {settings.topic_retention_days} dagen. Wat bezorgd is, staat bij de "
        "ontvangers; kopie\u00ebn van de database ruimt u zelf op."
    )
    return 0


async def _must_be_read(connection: AsyncConnection) -> None:
    if count := await removing.count_unrouted(connection):
        raise StillToRead(
            f"{count} gebeurtenissen zijn aangenomen en nog niet gelezen: de woorden kunnen ook daar staan. "
            "Er is niets verwijderd: probeer het opnieuw als 'kernhub run router' bij is."
        )


def _must_be_sent(mails: dict[UUID, str]) -> None:
    if waiting := sum(state == "queued" for state in mails.values()):
        raise StillToSend(
            f"Er staan nog {waiting} mails hierover klaar om te versturen. Er is niets verwijderd: probeer "
            "het over een paar minuten opnieuw."
        )
