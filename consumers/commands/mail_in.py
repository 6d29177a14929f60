"""Mail that came in, as the administrator sees it and decides on it where the hub can't."""

import re
from collections.abc import Sequence
from uuid import UUID

from consumers.say import tell
from hub.errors import HubError
from hub.intake import mailed_answers
from hub.intake.mail_reading import read_mail
from hub.intake.mailed_answers import Decision
from hub.rules.mail_in.judging import Said
from hub.settings import Settings
from hub.store.clock import clock_of
from hub.store.database import opened, transaction
from hub.store.mail import mail_in
from hub.store.register.registers import Registers
from hub.words import wording

_STATES = {
    "kept": "nog te lezen",
    "read": "antwoorden worden aangenomen",
    "answered": "antwoorden aangenomen",
    "left": "van een machine",
    "doubt": "iemand moet beslissen",
    "refused": "geen antwoord",
}
_ANSWER = re.compile(r"([0-9]{1,6})-([0-9]{1,6})=(.*\S.*)", re.S)


class CannotDecide(HubError):
    """What was asked can't be decided. The message says why."""


async def list_mails(settings: Settings, *, everything: bool) -> int:
    """Tells of each mail that a person must decide on: from whom, and why."""
    async with opened(settings) as pool, transaction(pool) as connection:
        rows = await mail_in.list_mails(connection, None if everything else "doubt")
    for row in rows:
        party = row.party or "onbekende partij"
        tell(f"{row.mail_in_key}  {wording.moment(row.received_at)}, {party}: {_STATES[row.state]}")
        if row.reason:
            tell(f"  {row.reason}")
    if not rows:
        tell("Er is geen mail." if everything else "Er is geen mail waarover iemand moet beslissen.")
    return 0


async def show(settings: Settings, key: UUID) -> int:
    """Tells what a mail says, with a record that someone looked. Raises CannotDecide."""
    async with opened(settings) as pool, transaction(pool) as connection:
        row = await mail_in.hold_mail(connection, key)
        if row is None:
            raise CannotDecide(f"Er is geen mail met kenmerk {key}.")
        await mail_in.record_shown(connection, row, await clock_of(settings, pool).now())
    mail = read_mail(bytes(row.raw), row.sender)
    tell(f"Van: {mail.sender or '(onbekend)'}")
    for one in mail.attachments:
        tell(f"Bijlage: {one.name or '(zonder naam)'}, {one.media_type}")
    tell("")
    tell(mail.text)
    return 0


async def decide(settings: Settings, key: UUID, answers: Sequence[str], party: str | None) -> int:
    """Takes the answers in that the administrator reads in a mail; none: it is no answer. Raises
    CannotDecide."""
    said = [_said(one) for one in answers]
    async with opened(settings) as pool:
        clock = clock_of(settings, pool)
        register = await Registers(pool, clock).newest()
        async with transaction(pool) as connection:
            row = await mail_in.hold_mail(connection, key)
            if row is None or row.state != "doubt":
                raise CannotDecide(f"Over mail {key} hoeft niemand te beslissen.")
            slug = party or row.party
            if said and slug not in register.parties:
                raise CannotDecide("Noem met --party de partij die antwoordt, zoals in het register.")
            by = Decision("administrator", await clock.now())
            doubt = await mailed_answers.decide(connection, row, slug, said, register, by)
            if doubt is not None:
                raise CannotDecide(f"Er is niets beslist. {doubt.reason}")
    tell("De antwoorden worden nu aangenomen." if said else "De hub doet niets met deze mail.")
    return 0


async def forget(settings: Settings, key: UUID) -> int:
    """Removes what a mail says. Raises CannotDecide when its answers are yet to be taken in."""
    async with opened(settings) as pool, transaction(pool) as connection:
        row = await mail_in.hold_mail(connection, key)
        if row is None or row.state in ("kept", "read", "doubt"):
            raise CannotDecide(f"Er is geen mail {key} waarmee de hub klaar is; beslis er eerst over.")
        await mail_in.forget(connection, [key], await clock_of(settings, pool).now())
    tell("Wat erin stond is weg. Het grootboek zegt dat de mail er was.")
    return 0


def _said(written: str) -> Said:
    found = _ANSWER.fullmatch(written)
    if found is None:
        raise CannotDecide(f"'{written}' is geen antwoord: schrijf zoals '24-3=Acht uur.'")
    return Said(int(found[1]), int(found[2]), found[3].strip())
