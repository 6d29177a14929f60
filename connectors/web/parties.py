"""Parties: the list with a search, and what one party has to do with."""

from connectors.web.bundles import with_exercises
from connectors.web.filters import party_filter
from connectors.web.lines import request_line, shown_lines
from connectors.web.paging import paging
from connectors.web.states import of_delivery
from connectors.web.visit import PageNotFound, Visit
from hub.store.views import bundles as bundle_store
from hub.store.views import parties as store
from schemas.catalogue import parse

_MOST = 50


async def show_parties(visit: Visit) -> str:
    """The parties that the search asks for, by name."""
    found, notices = party_filter(visit.query, visit.register)
    page = paging(visit.query, len(found))
    shown = found[page.skip : page.skip + page.size]
    return visit.render(
        "parties.html",
        parties=shown,
        deliveries=await store.deliveries_by_party(visit.connection, [party.slug for party in shown]),
        page=page,
        notices=notices,
    )


async def show_party(visit: Visit) -> str:
    """One party: its roles, what it received, what it asked, and the bundles it got."""
    slug, connection, register = visit.names["slug"], visit.connection, visit.register
    party = register.parties.get(slug)
    if party is None:
        raise PageNotFound
    counted = await store.deliveries_by_party(connection, [slug])
    page = paging(visit.query, counted.get(slug, 0))
    received = await store.deliveries_of_party(connection, slug, page.size, page.skip)
    lines = shown_lines(received, visit)
    asked = await store.requests_by_party(connection, slug, _MOST)
    for row in asked:
        visit.look(parse(row.content).tlp)
    return visit.render(
        "party.html",
        party=party,
        roles=[role for role in register.roles if role.party == slug],
        page=page,
        received=[(line, row, of_delivery(row)) for line, row in zip(lines, received, strict=True)],
        requests=[request_line(row) for row in asked],
        bundles=with_exercises(await bundle_store.list_bundles(connection, _MOST, operator=slug)),
        most=_MOST,
    )
