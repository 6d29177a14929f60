"""The heads of many lines at once: figures of all that may leave, and the items of the first askers."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.rules.clearance import is_classified
from hub.rules.throttle.head import Figures
from hub.rules.throttle.line import Asking, Item
from hub.rules.throttle.policy import Policy
from hub.rules.throttle.slots import slots_of
from schemas.terms import Tlp

_CLASSIFIED = [str(label) for label in Tlp if is_classified(label)]
_ASKED = """
    asked AS (
      SELECT * FROM unnest(CAST(:operator AS text[]), CAST(:slot AS int[]), CAST(:cut_off AS timestamptz[]),
                           CAST(:moment AS timestamptz[]), CAST(:reserve AS int[]), CAST(:places AS int[]))
        AS asked(operator, slot, cut_off, moment, reserve, places)
    )
"""
_SPECIAL = """
    SELECT item_key, tlp = ANY(CAST(:classified AS text[])) AS hidden,
           not_before > slot OR (reserve = 0 AND tlp = ANY(CAST(:classified AS text[]))) AS stays
    FROM item WHERE item.operator = asked.operator AND item.state = 'waiting'
      AND (not_before IS NOT NULL OR tlp IN ('AMBER+STRICT', 'RED'))
"""
"""Few items may not leave yet, or are classified: a short index has them, so all others need no look."""
_COUNTS = "request.state = 'waiting' AND request.received_at < cut_off AND request.expires_at > moment"


def _lane(hidden: str, items: str, requests: str) -> str:
    """The figures of a lane: its items are counted to the places of a bundle, in the order of an index."""
    return f"""
      SELECT {hidden} AS hidden, array_agg(asker) AS askers, array_agg(own) AS own,
        array_agg(oldest) AS oldest, min(needed_by) AS needed_by,
        (SELECT count(*) FROM (
           SELECT FROM item
           WHERE {items} AND EXISTS (SELECT FROM request WHERE request.item_key = item.item_key AND {_COUNTS})
           ORDER BY item.library_key LIMIT places) AS up_to_places) AS items
      FROM (SELECT request.asker, count(DISTINCT request.item_key) AS own, min(request.received_at) AS oldest,
                   min(request.needed_by) AS needed_by
            FROM request WHERE {requests} AND {_COUNTS} GROUP BY request.asker) AS of_asker
    """  # noqa: S608 - constants of this file


_OPEN = _lane(
    "false",
    "item.operator = asked.operator AND item.state = 'waiting' AND item.item_key <> ALL(special.apart)",
    "request.operator = asked.operator AND request.item_key <> ALL(special.apart)",
)
_HIDDEN = _lane("true", "item.item_key = ANY(special.hidden)", "request.item_key = ANY(special.hidden)")
_FIGURES = text(
    f"""
    WITH {_ASKED}
    SELECT asked.operator, lane.hidden, askers, own, oldest, needed_by, items
    FROM asked
    CROSS JOIN LATERAL (
      SELECT coalesce(array_agg(item_key) FILTER (WHERE hidden OR stays), '{{}}') AS apart,
             coalesce(array_agg(item_key) FILTER (WHERE hidden AND stays IS NOT TRUE), '{{}}') AS hidden
      FROM ({_SPECIAL}) AS special
    ) AS special
    CROSS JOIN LATERAL ({_OPEN} UNION ALL {_HIDDEN}) AS lane
    """  # noqa: S608 - constants of this file
)
_FIRST = text(
    f"""
    WITH {_ASKED},
    wanted AS (
      SELECT * FROM unnest(CAST(:of AS text[]), CAST(:asker AS text[]), CAST(:hidden AS boolean[]),
                           CAST(:most AS int[])) AS wanted(operator, asker, hidden, most)
    ),
    special AS MATERIALIZED (
      SELECT special.* FROM asked CROSS JOIN LATERAL ({_SPECIAL}) AS special
    )
    SELECT wanted.operator, wanted.hidden, wanted.asker, own.item_key
    FROM wanted JOIN asked USING (operator)
    CROSS JOIN LATERAL (
      SELECT item_key FROM (
        SELECT DISTINCT ON (request.item_key) request.item_key, request.needed_by, request.received_at
        FROM request LEFT JOIN special ON special.item_key = request.item_key
        WHERE request.operator = wanted.operator AND request.asker = wanted.asker AND {_COUNTS}
          AND stays IS NOT TRUE AND (special.hidden IS TRUE) = wanted.hidden
        ORDER BY request.item_key, request.needed_by NULLS LAST, request.received_at
      ) AS each_once
      ORDER BY needed_by NULLS LAST, received_at, item_key
      LIMIT wanted.most
    ) AS own
    """  # noqa: S608 - constants of this file
)
_ASKINGS = text(
    f"""
    WITH {_ASKED}
    SELECT item.item_key, item.tlp, item.not_before,
           request.asker, request.received_at, request.needed_by, request.expires_at
    FROM unnest(CAST(:item AS uuid[])) AS wanted(item_key)
    JOIN item USING (item_key) JOIN request USING (item_key)
    JOIN asked ON asked.operator = request.operator
    WHERE {_COUNTS} AND item.state = 'waiting'
    """  # noqa: S608 - constants of this file
)


class Slot(NamedTuple):
    """A slot of an operator that is run."""

    operator: str
    slot: int
    policy: Policy


class Wanted(NamedTuple):
    """An asker of whom the first items are to be read, in the open or the classified lane."""

    operator: str
    hidden: bool
    asker: str
    most: int


async def read_figures(
    connection: AsyncConnection, slots: Sequence[Slot]
) -> Mapping[str, tuple[Figures, Figures]]:
    """Of each operator the figures of its open and of its classified items."""
    found: dict[str, dict[bool, Figures]] = {one.operator: {} for one in slots}
    for row in await connection.execute(_FIGURES, _asked(slots)):
        if row.askers:
            own, oldest = (
                dict(zip(row.askers, row.own, strict=True)),
                dict(zip(row.askers, row.oldest, strict=True)),
            )
            figures = Figures(row.items, min(row.oldest), row.needed_by, own, oldest)
        else:
            figures = Figures()
        found[row.operator][row.hidden] = figures
    return {operator: (of_lane[False], of_lane[True]) for operator, of_lane in found.items()}


async def read_first(
    connection: AsyncConnection, slots: Sequence[Slot], wanted: Iterable[Wanted]
) -> Mapping[tuple[str, bool], dict[str, list[Item]]]:
    """By operator and lane, the first items of the askers that are wanted, each item with all who ask it."""
    wanted = list(wanted)
    found: dict[tuple[str, bool], dict[str, list[Item]]] = defaultdict(dict)
    for one in wanted:
        found[one.operator, one.hidden][one.asker] = []
    columns = zip(*wanted, strict=True) if wanted else ((), (), (), ())
    of, hidden, asker, most = map(list, columns)
    rows = (
        await connection.execute(
            _FIRST, {**_asked(slots), "of": of, "hidden": hidden, "asker": asker, "most": most}
        )
    ).all()
    items = await _items(connection, slots, {row.item_key for row in rows})
    for row in rows:
        if row.item_key in items:
            found[row.operator, row.hidden][row.asker].append(items[row.item_key])
    return found


async def _items(
    connection: AsyncConnection, slots: Sequence[Slot], keys: Iterable[UUID]
) -> Mapping[UUID, Item]:
    items: dict[UUID, Item] = {}
    parameters = {**_asked(slots), "item": list(keys)}
    del parameters["classified"]
    for key, tlp, not_before, *asking in await connection.execute(_ASKINGS, parameters):
        item = items.get(key)
        if item is None:
            items[key] = Item(key, (Asking(*asking),), is_classified(Tlp(tlp)), not_before)
        else:
            items[key] = item._replace(askings=(*item.askings, Asking(*asking)))
    return items


def _asked(slots: Sequence[Slot]) -> dict[str, Any]:
    return {
        "operator": [one.operator for one in slots],
        "slot": [one.slot for one in slots],
        "cut_off": [slots_of(one.policy).cut_off(one.slot) for one in slots],
        "moment": [slots_of(one.policy).moment(one.slot) for one in slots],
        "reserve": [one.policy.reserve for one in slots],
        "places": [one.policy.places for one in slots],
        "classified": _CLASSIFIED,
    }
