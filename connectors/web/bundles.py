"""Bundles: what operators received together."""

from collections.abc import Sequence
from itertools import groupby
from typing import Any

from connectors.web.paging import paging
from connectors.web.states import of_item, of_request
from connectors.web.visit import PageNotFound, Visit
from connectors.web.words import WITHHELD
from hub.register.model import Register
from hub.store.views import bundles as store
from hub.words import wording
from hub.words.facts import facts, facts_without_date
from hub.words.standard_facts import standard_facts, standard_text
from schemas.catalogue import parse
from schemas.envelope import is_exercise


async def show_bundles(visit: Visit) -> str:
    """Every bundle, newest first."""
    page = paging(visit.query, await store.count_bundles(visit.connection))
    rows = await store.list_bundles(visit.connection, page.size, page.skip)
    return visit.render("bundles.html", bundles=with_exercises(rows), page=page)


def with_exercises(bundles: Sequence[Any]) -> list[tuple[Any, bool]]:
    """Each bundle, and whether something in it is of an exercise."""
    return [(row, any(map(is_exercise, row.sources))) for row in bundles]


async def show_bundle(visit: Visit) -> str:
    """One bundle: its items, each with everyone who asks it."""
    bundle = await store.find_bundle(visit.connection, visit.key("bundle_key"))
    if bundle is None:
        raise PageNotFound
    requests = await store.requests_of_bundle(visit.connection, bundle.bundle_key)
    for row in requests:
        visit.look(row.tlp)
    items = [_item(list(group), visit.register) for _, group in groupby(requests, lambda row: row.item_key)]
    return visit.render(
        "bundle.html",
        bundle=bundle,
        items=items,
        askers=len({row.asker for row in requests}),
        requests=len(requests),
        later=sum(row.received_at > bundle.released_at for row in requests),
        withheld=WITHHELD,
    )


def _item(requests: Sequence[Any], register: Register) -> dict[str, Any]:
    first = requests[0]
    event = parse(first.content)
    answer = parse(first.answer) if first.answer else None
    return {
        "number": first.number,
        "title": standard_text(event) or wording.title(event),
        "type_name": wording.type_name(event),
        "tlp": first.tlp,
        "exercise": is_exercise(event.source),
        "functions": ", ".join(wording.function_name(slug, register) for slug in first.functions),
        "facts": standard_facts(event) + facts_without_date(event, register),
        "state": of_item(first.item_state),
        "answer": facts(answer, register) if answer else [],
        "answer_key": first.answer_key,
        "requests": [
            {"row": row, "areas": wording.areas(row.areas, register), "state": of_request(row.state)}
            for row in requests
        ],
    }
