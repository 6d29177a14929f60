"""Under which keys questions and crises are kept: made with a secret of the hub, so that nobody who has them,
or what follows from them, can try out what was asked."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import NamedTuple
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from hub.rules.asking import AskedOperator, deposit_key, keyed, library_key, merge_key
from hub.rules.identity import event_key
from hub.rules.situations import crisis_key
from hub.store.access.secrets import own_secret
from schemas.catalogue import Request
from schemas.library import AnswerDeposited
from schemas.situation import SituationOpened

SECRET = "question-keys"  # noqa: S105 - its name


class Keys(NamedTuple):
    """Equal `same`: one question to an operator; equal `in_library`: one question in its library."""

    same: str
    in_library: str


class Known(NamedTuple):
    """The keys of what can't be read any more, for who does the past again: of a request to an operator, of
    a deposit, and of the crisis that an event names."""

    requests: Mapping[tuple[UUID, str], Keys] = {}
    deposits: Mapping[UUID, str] = {}
    crises: Mapping[UUID, str] = {}


_KNOWN: ContextVar[Known] = ContextVar("known_question_keys", default=Known())  # noqa: B039 - never changed


@contextmanager
def knowing(known: Known) -> Iterator[None]:
    """Until the end these are the keys of what they name."""
    token = _KNOWN.set(known)
    try:
        yield
    finally:
        _KNOWN.reset(token)


async def keys_of_request(connection: AsyncConnection, request: Request, asked: AskedOperator) -> Keys:
    """Under which keys a request to an operator is kept."""
    known = _KNOWN.get().requests.get((event_key(request.source, request.id), asked.operator))
    if known is not None:
        return known
    secret = await own_secret(connection, SECRET)
    return Keys(keyed(secret, merge_key(request, asked)), keyed(secret, library_key(request, asked)))


async def key_of_deposit(connection: AsyncConnection, deposit: AnswerDeposited, operator: str) -> str:
    """Under which key a deposit stands in the library of its operator."""
    known = _KNOWN.get().deposits.get(event_key(deposit.source, deposit.id))
    return known or keyed(await own_secret(connection, SECRET), deposit_key(deposit, operator))


async def key_of_crisis(connection: AsyncConnection, event: SituationOpened | Request) -> str | None:
    """The key of the crisis that an event names; None: it names none."""
    if event.data.crisis is None:
        return None
    known = _KNOWN.get().crises.get(event_key(event.source, event.id))
    return known or keyed(await own_secret(connection, SECRET), crisis_key(event.data.crisis, event.source))
