"""Who calls the API, and may it do this? A program of a party, by its token and the scopes of that."""

from http import HTTPStatus

from fastapi import Request

from connectors.api.gate import visit_of
from connectors.api.refused import ApiRefused, wrong_request
from hub.identity.programs import Program
from hub.register.kinds import HUB
from hub.rules.scopes import SAYING, Scope
from schemas.problems import Problem


async def caller(request: Request, *needed: Scope) -> str:
    """The party whose program calls, which has one of the scopes needed. Raises ApiRefused."""
    return (await _program(request, *needed)).party


async def participant(request: Request, *needed: Scope) -> str:
    """The party that calls, which takes part in the exchange: not the hub itself. Raises ApiRefused."""
    return (await _taking_part(request, *needed)).party


async def deciding(request: Request) -> str:
    """The party that calls, and may decide where else its deliveries go. Who reads there reads all of them:
    so both reading and publishing are asked. Raises ApiRefused."""
    return _demand(await _taking_part(request, Scope.READ), Scope.PUBLISH).party


async def publishing(request: Request) -> Program:
    """The program that calls, which may publish some kinds of events. Raises ApiRefused."""
    return await _taking_part(request, *sorted(SAYING))


async def administrator(request: Request) -> None:
    """Raises ApiRefused unless the administrator calls: with a token of the hub's own party."""
    program = await visit_of(request).program(request)
    if program.party != HUB:
        raise ApiRefused(
            HTTPStatus.FORBIDDEN,
            "not-administrator",
            "Dit mag alleen de beheerder van de hub",
            "Uw sleutel is van een partij, niet van de beheerder. Vraag de beheerder om wat u nodig hebt.",
        )
    _demand(program, Scope.ADMINISTER)


async def _taking_part(request: Request, *needed: Scope) -> Program:
    program = await visit_of(request).program(request)
    if program.party == HUB:
        raise ApiRefused(
            HTTPStatus.FORBIDDEN,
            "administrator",
            "Dit mag een beheerder niet",
            "Deze sleutel is van de beheerder van de hub: die doet zelf niet mee in de uitwisseling. "
            "Gebruik de sleutel van een partij.",
        )
    return _demand(program, *needed)


async def _program(request: Request, *needed: Scope) -> Program:
    return _demand(await visit_of(request).program(request), *needed)


def _demand(program: Program, *needed: Scope) -> Program:
    """Raises ApiRefused unless the program has one of these scopes."""
    if program.scopes.isdisjoint(needed):
        named = " of ".join(f"'{one}'" for one in needed)
        raise ApiRefused(
            HTTPStatus.FORBIDDEN,
            "scope",
            "Dit mag niet met deze sleutel",
            f"Zij mist het recht {named}. Gebruik een andere, of vraag de beheerder van de hub er om.",
            {"WWW-Authenticate": f'Bearer error="insufficient_scope", scope="{" ".join(needed)}"'},
        )
    return program


async def auditor(request: Request) -> None:
    """Raises ApiRefused unless an auditor calls: with a key of the hub's own party that has that scope. It
    may ask of every party's exchange."""
    program = await visit_of(request).program(request)
    if program.party != HUB:
        raise ApiRefused(
            HTTPStatus.FORBIDDEN,
            "not-auditor",
            "Dit mag alleen een auditor",
            "Uw sleutel is van een partij. De beheerder van de hub maakt een sleutel voor een auditor.",
        )
    _demand(program, Scope.AUDIT)


def only(request: Request, *known: str) -> None:
    """Refuses what the address asks besides these, and what it asks twice: a misspelled dryRun would publish
    for real, and of two areas nobody knows which counts."""
    if not request.scope["query_string"]:
        return
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
        raise wrong_request(problems)
