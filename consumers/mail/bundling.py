"""The mail of a bundle, in a transaction of the caller, who holds the operator.

What its operator may know is checked again here."""

from collections.abc import Sequence
from datetime import datetime
from functools import partial
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from connectors.mailbox import bundle
from connectors.mailbox.asked import Along, BundledRequest, events_in, grouped
from connectors.mailbox.calendar import with_file
from consumers.mail.announced import tell_systems
from consumers.mail.bundled_requests import bundled_request
from consumers.mail.invited import calendar_of_requests
from consumers.mail.made import keep_made, made_mail, or_broken
from consumers.mail.one_round import Round
from consumers.mail.riding import mark_along, riding_along
from hub.rules.identity import derived_key
from hub.rules.throttle.load import Pace
from hub.store.ledger.records import Entry, record
from hub.store.mail import mails
from hub.store.throttle import lines, requests
from hub.store.throttle.load import find_pace
from hub.store.throttle.numbers import Numbers, number_bundle
from hub.store.throttle.policies import policy_by_slot


async def compose_bundle(connection: AsyncConnection, row: Any, this: Round) -> None:
    """Makes the mail of a bundle of what may still go out. When nothing may, the bundle is withheld."""
    public_url, register, now = this.public_url, this.register, this.now
    bundled: list[BundledRequest] = []
    refused: dict[str, list[Any]] = {}
    for request in await mails.items_of_bundle(connection, row.bundle_key):
        one = or_broken(partial(bundled_request, request, row.operator, public_url, register))
        if isinstance(one, str):
            refused.setdefault(one, []).append(request)
        else:
            bundled.append(one)
    for why, some in refused.items():
        await _withhold_requests(connection, row.operator, some, why, now)
    along = await riding_along(connection, row, public_url, register, now)
    policy_of = await policy_by_slot(connection, row.operator)
    following = await lines.bundle_after(connection, row.operator, row.slot, policy_of)
    mail: mails.NewMail | str = "nothing-left"
    if bundled:
        items = list(grouped(bundled, register))
        numbers = await number_bundle(connection, row.bundle_key, row.operator, items)
        pace = await find_pace(connection, row, policy_of(row.slot))
        with this.speaking_to(row.operator):
            mail = or_broken(partial(_bundle, row, bundled, numbers, following, pace, along, this))
    elif await requests.is_any_withdrawn(connection, row.bundle_key):
        mail = "withdrawn"
    if isinstance(mail, str):
        await lines.withhold_bundle(connection, row.bundle_key, mail)
        facts = {"operator": row.operator, "slot": row.slot, "why": mail}
        await record(connection, [Entry("bundle-withheld", (row.bundle_key,), None, now, facts)])
    else:
        await keep_made(connection, [mail], now, events_in(bundled, along))
        await mails.mark_bundle_mailed(connection, row.bundle_key, mail.mail_key)
        await tell_systems(connection, row, bundled, numbers, register, now)
    made = None if isinstance(mail, str) else mail
    await mark_along(connection, row, along, made, register, now)


def _bundle(
    row: Any,
    bundled: Sequence[BundledRequest],
    numbers: Numbers,
    following: datetime | None,
    pace: Pace,
    along: Along,
    this: Round,
) -> mails.NewMail:
    word = bundle.Hurry.CONFIRMED if row.confirmed else bundle.Hurry.URGENT
    hurry = word if row.kind == "urgent" else None
    text = bundle.text(row.operator, bundled, numbers, following, pace, this.register, hurry, along)
    calendar = calendar_of_requests(bundled, this.sender, this.register)
    return made_mail(
        derived_key("bundle-mail", row.bundle_key),
        row.operator,
        "bundle",
        with_file(text, calendar),
        this.register,
        this.now,
        urgent=hurry is not None,
        calendar=calendar,
    )


async def _withhold_requests(
    connection: AsyncConnection, operator: str, rows: Sequence[Any], why: str, now: datetime
) -> None:
    await requests.close_requests(connection, operator, [row.event_key for row in rows], "withheld", now)
    await requests.end_items(connection, {row.item_key for row in rows}, "withheld")
    await record(
        connection,
        [
            Entry(
                "request-withheld",
                (row.event_key, operator),
                row.event_key,
                now,
                {"operator": operator, "item": str(row.item_key), "why": why},
            )
            for row in rows
        ],
    )
