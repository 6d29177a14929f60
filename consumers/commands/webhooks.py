"""Webhooks and deliveries to systems, as the administrator sees and changes them. What they tell is not
shown: who keeps the hub running need not read it."""

from datetime import UTC, datetime

from consumers.commands.outlets import STATES, opened_hub
from consumers.say import tell, warn
from hub.outlets.webhooks import CHANNEL, new_secret, put_webhook, resend
from hub.settings import Settings
from hub.store.deliveries import outlets
from hub.store.deliveries.outlets import OutletName
from hub.store.mail import mails
from hub.store.register.administering import ADMINISTRATOR
from hub.words import wording


async def list_webhooks(settings: Settings, party: str | None) -> int:
    """Tells of each webhook where it goes and how it is doing."""
    async with opened_hub(settings, party) as hub:
        rows = await outlets.list_outlets(hub.connection, CHANNEL, party)
    for row in rows:
        tell(f"{row.party} {row.name}: {row.target['url']}, {STATES[row.stopped_why or row.state]}")
        if row.last_error:
            tell(f"  de laatste keer: {row.last_error}")
        if row.waiting or row.given_up:
            tell(f"  niet aangenomen: {row.waiting} gaan opnieuw, {row.given_up} opgegeven")
    if not rows:
        tell("Er zijn geen webhooks.")
    return 0


async def set_webhook(settings: Settings, party: str, name: str, url: str, mode: str) -> int:
    """Makes or changes a webhook and tells the secret of a new one. Raises WebhookRefused."""
    local = settings.webhooks == "local"
    async with opened_hub(settings, party) as hub:
        called = OutletName(party, CHANNEL, name)
        secret = await put_webhook(hub.connection, called, url, mode, hub.now, local=local, by=ADMINISTRATOR)
    if secret:
        warn("Nieuwe webhook. Bewaar het geheim goed: het is niet nog eens te zien.")
        tell(secret)
    else:
        tell("De webhook is veranderd en staat aan; het geheim is hetzelfde.")
    return 0


async def renew_secret(settings: Settings, party: str, name: str) -> int:
    """Makes a new secret and tells it. Raises WebhookRefused."""
    async with opened_hub(settings, party) as hub:
        called = OutletName(party, CHANNEL, name)
        secret, until = await new_secret(hub.connection, called, hub.now, ADMINISTRATOR)
    warn(f"Het vorige geheim geldt tot {wording.moment(until)}.")
    tell(secret)
    return 0


async def resend_webhook(settings: Settings, party: str, name: str, since: datetime | None) -> int:
    """Has what was not taken sent again. Raises WebhookRefused."""
    moment = since.replace(tzinfo=since.tzinfo or UTC) if since else None
    async with opened_hub(settings, party) as hub:
        called = OutletName(party, CHANNEL, name)
        count = await resend(hub.connection, called, moment, ADMINISTRATOR, hub.now)
    tell("Alles sinds dat moment gaat opnieuw." if count is None else f"{count} bezorgingen gaan opnieuw.")
    return 0


async def list_unsent(settings: Settings, party: str | None) -> int:
    """Tells of each delivery that a system did not take, and of each mail that the mail server did not."""
    async with opened_hub(settings, party) as hub:
        rows = await outlets.list_unsent(hub.connection, party)
        failed = await mails.list_failed(hub.connection, party)
    for row in rows:
        again = "opgegeven" if row.is_given_up else f"opnieuw {wording.moment(row.due_at)}"
        tell(f"{row.delivery_key}  {row.party} {row.channel}:{row.name}, {row.attempts} keer, {again}")
        tell(f"  {row.last_error}")
    for mail in failed:
        tell(f"{mail.mail_key}  {mail.party} mail, {mail.attempts} keer, opgegeven")
        tell(f"  {mail.last_error}")
    if not rows and not failed:
        tell("Alles is aangenomen.")
    return 0


async def resend_unsent(settings: Settings, party: str | None) -> int:
    """Has all that was not taken sent again at once, mails too."""
    async with opened_hub(settings, party) as hub:
        rows = await outlets.list_outlets(hub.connection, None, party)
        names = [OutletName(row.party, row.channel, row.name) for row in rows]
        counts = [await outlets.try_again(hub.connection, one, given_up=True) for one in names]
        for one, count in zip(names, counts, strict=True):
            if count:
                await outlets.record_resend(hub.connection, one, ADMINISTRATOR, None, count, hub.now)
        mailed = await mails.queue_failed(hub.connection, party, datetime.now(UTC), ADMINISTRATOR, hub.now)
    tell(f"{sum(counts)} bezorgingen gaan opnieuw, en {mailed} mails.")
    return 0
