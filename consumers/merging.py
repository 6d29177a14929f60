"""People say that two questions are the same, or are not: items follow, as far as nothing was sent."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.rules.identity import event_key
from hub.rules.throttle.components import Edge, Key, Merging, Word, components, may_merge
from hub.rules.throttle.regrouping import Asked, Move, regroup
from hub.store import grouping, requests
from hub.store.claims import find_claims
from hub.store.ledgers import Entry, record
from hub.store.lines import lock_operator, next_step
from hub.store.steering import keep_steering
from schemas.steering import QuestionsMerged, QuestionsSeparated

_NOT_THEIRS = "are-not-all-in-its-functions"
_SAME_WORDS = "are-asked-in-the-same-words"


class _Said(NamedTuple):
    """A word about two requests that are both here; `why_not`: why it does not count."""

    by_key: UUID
    edge: Edge
    keys: tuple[Key, Key]
    why_not: str | None


async def say(
    connection: AsyncConnection,
    key: UUID,
    event: QuestionsMerged | QuestionsSeparated,
    party: str,
    attributes: dict[str, Any],
    now: datetime,
) -> None:
    """Keeps what is said of two questions, and brings the items in line with it where both are here."""
    data = event.data
    one, other = (event_key(each.source, each.id) for each in (data.one, data.other))
    await lock_operator(connection, data.asked)
    await keep_steering(connection, key, one, party, attributes, now)
    claims = await find_claims(connection, [key])
    at = claims[key].accepted_at if key in claims else now
    word = Word.SAME if isinstance(event, QuestionsMerged) else Word.DIFFERENT
    await grouping.keep_word(connection, key, data.asked, (one, other), word, at)
    if len(await grouping.spoken_of(connection, data.asked, [one, other])) < 2:
        facts = {"operator": data.asked, "type": event.type, "request": str(one), "other": str(other)}
        await record(connection, [Entry("steering-unasked", (key,), key, now, facts)])
    await settle(connection, data.asked, key, now)


async def find_item_to_join(connection: AsyncConnection, operator: str, merge_key: str) -> Row[Any] | None:
    """The open item for a new request with this key: its own, or that of a question that a person says is
    the same. None: it opens one, and what is the same comes to it."""
    if own := await requests.find_open_item(connection, operator, merge_key):
        return own
    keys = await _same_as(connection, operator, merge_key)
    if keys == {merge_key}:
        return None
    asked = await grouping.asked_with(connection, operator, keys)
    sent = [one for one in asked if one.state == "sent"]
    fitting = sent or [one for one in asked if one.item_state == "waiting" and one.item_key < merge_key]
    if not fitting:
        return None
    return await requests.get_item(connection, min(fitting, key=lambda one: (one.item_key, one.item)).item)


async def find_library_keys(connection: AsyncConnection, operator: str, merge_key: str) -> tuple[str, ...]:
    """Under which other keys the library may have an answer to a question: those of what people say is the
    same."""
    keys = await _same_as(connection, operator, merge_key) - {merge_key}
    if not keys:
        return ()
    return tuple(sorted(keys | await grouping.library_keys_of(connection, operator, keys)))


async def _same_as(connection: AsyncConnection, operator: str, merge_key: str) -> set[str]:
    words = await _said(connection, operator)
    if not words:
        return {merge_key}
    item = components([merge_key], _standing(words))
    return {key for key in item if item[key] == item[merge_key]}


async def settle(connection: AsyncConnection, operator: str, cause: UUID, now: datetime) -> None:
    """Brings the items of an operator in line with what people say of its questions, after something
    changed. The caller holds the operator."""
    words = await _said(connection, operator)
    if not words:
        return
    await _record_refused(connection, operator, words, now)
    edges = _standing(words)
    asked = await grouping.asked_with(connection, operator, {key for word in words for key in word.edge.pair})
    if asked:
        await _regroup(connection, operator, asked, edges, cause, now)


async def _regroup(
    connection: AsyncConnection,
    operator: str,
    asked: Sequence[Asked],
    edges: Sequence[Edge],
    cause: UUID,
    now: datetime,
) -> None:
    done = regroup(asked, components({one.key for one in asked}, edges))
    on = {one.event: one.item for one in asked}
    if done.emptied:
        await grouping.end_empty(connection, done.emptied)
    for item_key, merge_key in done.renamed.items():
        await grouping.rename_item(connection, item_key, merge_key)
    moved, touched = [], {on[event] for move in done.moves for event in move.events}
    for move in done.moves:
        item = await _target(connection, operator, move, on[move.events[0]], now)
        state = "waiting" if item.state == "waiting" else "joined-sent"
        await grouping.put_on(connection, operator, move.events, item.item_key, state)
        touched.add(item.item_key)
        events = [str(one) for one in move.events]
        moved.append({"item": str(item.item_key), "state": state, "events": events})
    postponed = await grouping.refresh_items(connection, touched)
    if moved or done.renamed:
        step = await next_step(connection, operator)
        facts = {
            "operator": operator,
            "moves": moved,
            "not_before": {str(item): slot for item, slot in sorted(postponed.items())},
            "by": str(cause),
            "step": step,
        }
        await record(connection, [Entry("items-regrouped", (operator, step), cause, now, facts)])


async def _target(
    connection: AsyncConnection, operator: str, move: Move, source: UUID, now: datetime
) -> Row[Any]:
    if move.item is not None:
        return await requests.get_item(connection, move.item)
    asked = await grouping.spoken_of(connection, operator, move.events)
    library_key = next(row.library_key for row in asked.values() if row.merge_key == move.key)
    return await grouping.item_for(connection, operator, move.key, source, library_key, now)


async def _said(connection: AsyncConnection, operator: str) -> list[_Said]:
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


def _one_said(row: Any, one: Any, other: Any, operator: str) -> _Said:
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
    return _Said(row.by_key, Edge(one.merge_key, other.merge_key, word, row.at), keys, why)


def _standing(words: Iterable[_Said]) -> list[Edge]:
    return [word.edge for word in words if word.why_not is None]


async def _record_refused(
    connection: AsyncConnection, operator: str, words: Sequence[_Said], now: datetime
) -> None:
    """Why what was said does not count, or not while other words stand; each once."""
    entries = []
    for word in words:
        why = word.why_not
        if why is None and word.edge.word is Word.SAME:
            others = [one.edge for one in words if one.by_key != word.by_key and one.why_not is None]
            ruling = may_merge(*word.keys, others)
            why = str(ruling) if ruling is Merging.KEPT_APART else None
        if why is not None:
            facts = {"operator": operator, "why": str(why)}
            unique = (word.by_key, operator, why)
            entries.append(Entry("merge-refused", unique, word.by_key, now, facts))
    await record(connection, entries)
