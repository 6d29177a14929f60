"""What reached an operator and what is open there, but for what is classified."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.register.kinds import RoleKind
from hub.register.model import Register
from hub.rules.clearance import is_classified
from hub.rules.throttle.load import Load, Pace, Sent, load_of
from hub.rules.throttle.policy import LONGEST_WINDOW, Policy
from hub.store import tables
from hub.store.throttle.lines import find_standing, sent_before
from hub.store.throttle.requests import OPEN
from schemas.terms import FunctionSlug, Tlp

_bundle, _item, _request = tables.bundle.c, tables.item.c, tables.request.c
_YEAR = timedelta(days=365)
_CLASSIFIED = [str(tlp) for tlp in Tlp if is_classified(tlp)]


def operators_of(function: FunctionSlug, register: Register) -> list[str]:
    """The operators of a function."""
    return sorted(
        {r.party for r in register.roles if (r.function, r.kind) == (function, RoleKind.OPERATOR)}
        & register.parties.keys()
    )


async def find_load(connection: AsyncConnection, operator: str, now: datetime) -> Load:
    """The load of an operator."""
    standing = await find_standing(connection, operator, now)
    sent = select(_bundle.kind, _bundle.slot).where(
        _bundle.operator == operator,
        _bundle.withheld.is_(None),
        ~_bundle.only_classified,
        _bundle.slot > standing.first - LONGEST_WINDOW,
    )
    ends = (
        select(_request.expires_at)
        .join(tables.item, _item.item_key == _request.item_key)
        .where(_request.operator == operator, _request.state.in_(OPEN), _item.tlp.not_in(_CLASSIFIED))
    )
    contacts = [Sent(*row) for row in await connection.execute(sent)]
    return load_of(standing, contacts, (await connection.execute(ends)).scalars(), now)


async def find_pace(connection: AsyncConnection, bundle: Any, policy: Policy) -> Pace:
    """What its operator has had by a bundle, a row of its table; `policy`: that of its slot."""
    operator, until = bundle.operator, bundle.released_at
    sent = await sent_before(connection, operator, bundle.slot + 1)
    asked = select(func.count()).where(
        _request.operator == operator,
        _request.received_at > until - _YEAR,
        _request.received_at <= until,
        _request.state != "withheld",
    )
    contacts = select(func.count()).where(
        _bundle.operator == operator,
        _bundle.released_at > until - _YEAR,
        _bundle.released_at <= until,
        _bundle.withheld.is_(None),
    )
    return Pace(
        sum(one.slot > bundle.slot - policy.window for one in sent),
        policy.bundles,
        policy.window,
        await connection.scalar(asked) or 0,
        await connection.scalar(contacts) or 0,
    )
