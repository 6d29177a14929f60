"""People say that two questions are the same, or are not: items follow, as far as nothing was sent."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.asking.said import Said, said_of, standing
from hub.rules.identity import event_key
from hub.rules.throttle.components import Edge, Merging, Word, components, may_merge
from hub.rules.throttle.regrouping import Asked, Move, regroup
from hub.store.intake.claims import find_claims
from hub.store.ledger.records import Entry, record
from hub.store.throttle import grouping, requests
from hub.store.throttle.lines import lock_operator, next_step
from hub.store.throttle.steering import keep_steering
from schemas.steering import QuestionsMerged, QuestionsSeparated


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


async def settle(connection: AsyncConnection, operator: str, cause: UUID, now: datetime) -> None:
    """Brings the items of an operator in line with what people say of its questions, after something
    changed. The caller holds the operator."""
    words = await said_of(connection, operator)
    if not words:
        return
    await _record_refused(connection, operator, words, now)
    edges = standing(words)
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


async def _record_refused(
    connection: AsyncConnection, operator: str, words: Sequence[Said], now: datetime
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
