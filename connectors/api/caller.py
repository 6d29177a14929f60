"""Who calls the API? A party, by its token."""

from collections.abc import Sequence
from http import HTTPStatus

from fastapi import Request
from sqlalchemy.ext.asyncio import AsyncEngine

from hub.register.kinds import HUB
from hub.register.sheets import SheetProblem
from hub.store.database import transaction
from hub.store.tokens import find_party_of
from schemas.problems import Problem


class ApiRefused(Exception):
    """The request can't be done; the parts of its problem details say why."""

    def __init__(
        self,
        status: HTTPStatus,
        slug: str,
        title: str,
        detail: str,
        headers: dict[str, str] | None = None,
        problems: Sequence[Problem | SheetProblem] = (),
    ):
        self.status = status
        self.slug = slug
        self.title = title
        self.detail = detail
        self.headers = headers
        self.problems = problems
        super().__init__(detail)


async def caller(request: Request, pool: AsyncEngine) -> str:
    """The party that the request's token belongs to. Raises ApiRefused."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer" and token.strip():
        async with transaction(pool) as connection:
            if party := await find_party_of(connection, token.strip()):
                return party
    raise ApiRefused(
        HTTPStatus.UNAUTHORIZED,
        "token",
        "Wij kennen deze sleutel niet",
        "Stuur uw API-sleutel mee: 'Authorization: Bearer <sleutel>'. De beheerder van de hub maakt "
        "er een met 'kernhub token <partij>'.",
        {"WWW-Authenticate": "Bearer"},
    )


async def participant(request: Request, pool: AsyncEngine) -> str:
    """The party that calls, which takes part in the exchange: not the hub itself. Raises ApiRefused."""
    party = await caller(request, pool)
    if party == HUB:
        raise ApiRefused(
            HTTPStatus.FORBIDDEN,
            "administrator",
            "Dit mag een beheerder niet",
            "Deze sleutel is van de beheerder van de hub: die doet zelf niet mee in de uitwisseling. "
            "Gebruik de sleutel van een partij.",
        )
    return party


async def administrator(request: Request, pool: AsyncEngine) -> None:
    """Raises ApiRefused unless the administrator calls: with a token of the hub's own party."""
    if await caller(request, pool) != HUB:
        raise ApiRefused(
            HTTPStatus.FORBIDDEN,
            "not-administrator",
            "Dit mag alleen de beheerder van de hub",
            "Uw sleutel is van een partij, niet van de beheerder. Vraag de beheerder om wat u nodig hebt.",
        )


async def auditor(request: Request, pool: AsyncEngine) -> None:
    """Raises ApiRefused unless who calls may ask what an auditor asks: now the administrator."""
    await administrator(request, pool)


def only(request: Request, *known: str) -> None:
    """Refuses what the address asks besides these, and what it asks twice: a misspelled dryRun would publish
    for real, and of two areas nobody knows which counts."""
    problems = []
    for name in dict.fromkeys(request.query_params):
        if name not in known:
            wanted = f"; wel {', '.join(known)}" if known else ""
            problems.append(
                Problem(ascii(name[:40])[1:-1], "unknown", f"kennen wij niet in het adres{wanted}")
            )
        elif len(request.query_params.getlist(name)) > 1:
            problems.append(Problem(name, "doubled", "staat er twee keer in"))
    if problems:
        raise ApiRefused(
            HTTPStatus.BAD_REQUEST,
            "request",
            "Deze vraag klopt niet",
            "Er is niets gedaan. Verbeter wat hieronder staat.",
            problems=problems,
        )
