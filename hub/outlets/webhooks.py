"""A party's webhooks, as it or the administrator changes them."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from hub.errors import HubError
from hub.outlets import own_outlets
from hub.rules.outlets import with_new_secret
from hub.rules.reaching import address_problem
from hub.store.access.secrets import new_shared_secret
from hub.store.deliveries import outlets
from hub.store.deliveries.outlets import OutletName
from schemas.problems import Problem

CHANNEL = "webhook"
_MOST_OF_A_PARTY = 20


class WebhookRefused(HubError):
    """The webhook stays as it was. `problems` say why; none: there is no such webhook."""

    def __init__(self, problems: Sequence[Problem] = ()):
        self.problems = problems
        super().__init__(
            "\n".join(f"{one.field} {one.detail}".strip() for one in problems) or "Deze webhook is er niet."
        )


async def put_webhook(
    connection: AsyncConnection,
    called: OutletName,
    url: str,
    mode: str,
    now: datetime,
    *,
    local: bool,
    enabled: bool = True,
    by: str | None = None,
) -> str | None:
    """Makes a webhook, or changes it and starts it again; the secret of a new one. `by`: who does; None: its
    party. Raises WebhookRefused."""
    if why := address_problem(url, local=local):
        raise WebhookRefused([Problem("url", "address", why)])
    old = await outlets.find_outlet(connection, called)
    if old is None and await outlets.count_outlets(connection, called) >= _MOST_OF_A_PARTY:
        raise WebhookRefused([Problem("", "too_many", f"u hebt al {_MOST_OF_A_PARTY} webhooks")])
    secret = None if old else new_shared_secret()
    secrets = old.secrets if old else [{"secret": secret, "until": None}]
    await outlets.put_outlet(connection, called, {"url": url, "mode": mode}, secrets, now, by)
    if not enabled:
        await outlets.stop_outlet(connection, called, now, by)
    return secret


async def new_secret(
    connection: AsyncConnection, called: OutletName, now: datetime, by: str | None = None
) -> tuple[str, datetime]:
    """A new secret, and until when what is sent is signed with the one before too. Raises WebhookRefused."""
    row = await _found(connection, called)
    new = new_shared_secret()
    secrets, until = with_new_secret(row.secrets, new, datetime.now(UTC))
    await outlets.keep_secrets(connection, called, secrets, now, by)
    return new, until


async def resend(
    connection: AsyncConnection, called: OutletName, since: datetime | None, by: str, now: datetime
) -> int | None:
    """Has what was not taken tried at once, also what was given up: how many; or all sent once more that was
    planned since this moment: None. The ledger tells who asked so. Raises WebhookRefused."""
    await _found(connection, called)
    return await own_outlets.resend(connection, called, since, by, now)


async def _found(connection: AsyncConnection, called: OutletName) -> Any:
    if row := await outlets.find_outlet(connection, called):
        return row
    raise WebhookRefused
