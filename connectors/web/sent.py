"""Where a person sees what came of an event that its party sent."""

from uuid import UUID

from fastapi import Request, Response
from sqlalchemy.ext.asyncio import AsyncEngine
from starlette.routing import Route

from connectors.web.people import FILES, People
from connectors.web.visit import PageNotFound
from hub.identity.signing_in import Person
from hub.rules.explaining import explanation_for_publisher
from hub.store.database import transaction
from hub.store.register.registers import Registers
from hub.store.views.events import find_event
from hub.store.views.standing import find_standing_of_event
from hub.words import wording
from schemas.catalogue import parse
from schemas.problems import Problem


def sent_route(people: People, pool: AsyncEngine, registers: Registers) -> Route:
    """The page of one event, for its publisher."""

    async def show(request: Request, person: Person) -> Response:
        try:
            key = UUID(request.path_params["event_key"])
        except ValueError:
            raise PageNotFound from None
        async with transaction(pool) as connection:
            standing = await find_standing_of_event(connection, key)
            if standing is None or standing.publisher != person.party:
                raise PageNotFound
            row = await find_event(connection, key)
            then = await registers.of_version(connection, row.register_version) if row else person.register
        found = explanation_for_publisher(parse(row.content), then) if row else None
        received = [one.party for one in found.related if one.mode is not None] if found else []
        asked = [one.operator for one in found.asked] if found else []
        return people.page(
            "file_event.html",
            person=person,
            section="bestanden",
            called=row.content["id"] if row else None,
            accepted_at=standing.accepted_at,
            is_routed=found is not None,
            problems=[Problem(*one) for one in standing.problems],
            received=sorted((wording.party_name(one, then) for one in received), key=str.casefold),
            asked=sorted((wording.party_name(one, then) for one in asked), key=str.casefold),
        )

    return Route(f"{FILES}/gebeurtenissen/{{event_key}}", people.signed_in(show), methods=["GET"])
