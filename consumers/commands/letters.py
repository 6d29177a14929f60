"""Dead letters, as the administrator sees them and sends them again."""

from collections.abc import Sequence

from connectors.web.words import CONSUMERS, DEAD_LETTER_REASONS
from consumers.commands.outlets import opened_hub
from consumers.say import tell
from hub.kafka import letters
from hub.kafka.broker import Publisher
from hub.settings import Settings
from hub.store.intake.letters import key_of, read_key
from hub.store.register.administering import ADMINISTRATOR
from hub.store.views.mails import list_dead_letters
from hub.words import wording

_MOST = 1000


async def list_letters(settings: Settings) -> int:
    """Tells of the newest dead letters, each with its key, why, and whether it went again."""
    async with opened_hub(settings) as hub:
        rows = await list_dead_letters(hub.connection, _MOST)
    for row in rows:
        by = CONSUMERS.get(row.consumer, row.consumer)
        tell(f"{key_of(row)}  {by}, {wording.moment(row.at)}")
        tell(f"  {DEAD_LETTER_REASONS.get(row.reason, row.reason)}")
        for field, _, detail in row.problems:
            tell(f"  {field} {detail}" if field else f"  {detail}")
        if row.sent_again_at:
            tell(f"  opnieuw gestuurd {wording.moment(row.sent_again_at)}")
    if not rows:
        tell("Er is niets onbestelbaar.")
    return 0


async def send_again(settings: Settings, keys: Sequence[str]) -> int:
    """Sends dead letters again, each in a transaction of its own. Raises LetterUnknown or LetterGone."""
    async with Publisher(settings) as publisher:
        for written in keys:
            if (key := read_key(written)) is None:
                raise letters.LetterUnknown(written)
            async with opened_hub(settings) as hub:
                sent = await letters.send_again(
                    hub.connection, settings, publisher, key, ADMINISTRATOR, hub.now
                )
            tell(f"{written} is opnieuw gestuurd, {wording.moment(sent)}.")
    return 0
