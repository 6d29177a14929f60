"""What people say of two questions, as far as it counts, and which open item is so the same question.

Only read: who does something with it holds the operator."""

from collections.abc import Iterable
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.rules.throttle.components import Edge, Key, Merging, Word, components
from hub.rules.throttle.regrouping import Asked
from hub.store.throttle import grouping, requests

_NOT_THEIRS = "are-not-all-in-its-functions"
_SAME_WORDS = "are-asked-in-the-same-words"


class Said(NamedTuple):
    """A word about two requests that are both here; `why_not`: why it does not count."""

    by_key: UUID
    edge: Edge
    keys: tuple[Key, Key]
    why_not: str | None


async def alike_on(connection: AsyncConnection, operator: str, merge_key: str) -> list[Asked]:
    """The open requests that people say are the same question as one with this key: what was sent, or else
    what waits."""
    keys = await _same_as(connection, operator, merge_key)
    if keys == {merge_key}:
        return []
    asked = await grouping.asked_with(connection, operator, keys)
    sent = [one for one in asked if one.state == "sent"]
    found = sent or [one for one in asked if one.item_state == "waiting"]
    return sorted(found, key=lambda one: (one.item_key, one.item))


async def find_item_to_join(connection: AsyncConnection, operator: str, merge_key: str) -> Row[Any] | None:
    """The open item for a new request with this key: its own, or that of a question that a person says is
    the same. None: it opens one, and what is the same comes to it."""
    if own := await requests.find_open_item(connection, operator, merge_key):
        return own
    found = await alike_on(connection, operator, merge_key)
    fitting = [one for one in found if one.state == "sent" or one.item_key < merge_key]
    return await requests.get_item(connection, fitting[0].item) if fitting else None


async def find_item_to_be_with(connection: AsyncConnection, operator: str, merge_key: str) -> Row[Any] | None:
    """The open item that a new request with this key comes to share, also where that comes to it."""
    if own := await requests.find_open_item(connection, operator, merge_key):
        return own
    found = await alike_on(connection, operator, merge_key)
    return await requests.get_item(connection, found[0].item) if found else None


async def find_library_keys(connection: AsyncConnection, operator: str, merge_key: str) -> tuple[str, ...]:
    """Under which other keys the library may have an answer to a question: those of what people say is the
    same."""
    keys = await _same_as(connection, operator, merge_key) - {merge_key}
    if not keys:
        return ()
    return tuple(sorted(keys | await grouping.library_keys_of(connection, operator, keys)))


async def _same_as(connection: AsyncConnection, operator: str, merge_key: str) -> set[str]:
    words = await said_of(connection, operator)
    if not words:
        return {merge_key}
    item = components([merge_key], standing(words))
    return {key for key in item if item[key] == item[merge_key]}


async def said_of(connection: AsyncConnection, operator: str) -> list[Said]:
    """All words about two requests that are both here, oldest first."""
    rows = await grouping.words_of(connection, operator)
    if not rows:
        return []
    spoken = {key for row in rows for key in (row.one, row.other)}
    here = await grouping.spoken_of(connection, operator, spoken)
    return [
        _one_said(row, here[row.one], here[row.other], operator)
        for row in rows
        if row.one in here and row.other in here
    ]


def _one_said(row: Any, one: Any, other: Any, operator: str) -> Said:
    functions = set(row.content["functions"].split(","))
    keys = (
        Key(one.merge_key, operator, one.visibility or one.merge_key),
        Key(other.merge_key, operator, other.visibility or other.merge_key),
    )
    word = Word(row.word)
    why: str | None = None
    if row.party != operator and not {*one.functions, *other.functions} <= functions:
        why = _NOT_THEIRS
    elif one.merge_key == other.merge_key:
        why = Merging.ONE_ALREADY if word is Word.SAME else _SAME_WORDS
    elif word is Word.SAME and keys[0].visibility != keys[1].visibility:
        why = Merging.OTHER_VISIBILITY
    return Said(row.by_key, Edge(one.merge_key, other.merge_key, word, row.at), keys, why)


def standing(words: Iterable[Said]) -> list[Edge]:
    """The words that count."""
    return [word.edge for word in words if word.why_not is None]
