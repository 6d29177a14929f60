"""The register as its administrator asks and changes it: mergers, and who is what on a day."""

from collections.abc import Sequence
from datetime import date
from typing import NamedTuple

from sqlalchemy.ext.asyncio import AsyncConnection

from consumers.commands.changing import RegisterRefused, changed, refuse
from consumers.say import tell
from hub.register.cells import ROLE_KIND
from hub.register.faults import faults
from hub.register.history import History
from hub.register.merging import MovedRole, merged, moved_roles
from hub.register.model import AreaFacts, Register
from hub.rules.moments import dutch_day
from hub.rules.responsible import roles_in
from hub.settings import Settings
from hub.store.clock import clock_of
from hub.store.database import opened
from hub.store.register.registers import Registers
from hub.words import wording
from schemas.terms import FunctionSlug

_NO_SPLIT = (
    "Een gemeente splitsen kan 'merge' niet: een gemeente gaat in haar geheel op in één andere. Doe het "
    "met de bladen: zet bij het gebied 'geldig_tot' en 'opvolgers', en verdeel rollen en gebieden."
)


class Question(NamedTuple):
    """Who is what to this function, in this area, on this day (None: today)?"""

    function: FunctionSlug
    area: str
    on: date | None


async def merge(
    settings: Settings, gone: Sequence[str], into: Sequence[str], on: date, *, dry_run: bool
) -> int:
    """Lets municipalities go into another one and tells the difference. Raises MergeRefused, RegisterRefused
    or Unavailable; then the register is as it was."""
    if len(into) != 1:
        raise RegisterRefused(_NO_SPLIT)
    moves: list[MovedRole] = []

    async def change(_: AsyncConnection, history: History) -> History:
        moves.extend(moved_roles(history, gone, into[0], on))
        new = merged(history, gone, into[0], on)
        if found := faults(new):
            refuse(f"{fault.entry.key}: {fault.detail}" for fault in found)
        return new

    await changed(settings, change, dry_run=dry_run)
    for move in moves:
        role = f"{ROLE_KIND[0](move.role.kind)} van {move.role.function}"
        since = " en ".join(f"vanaf {entry.since.isoformat()}" for entry in move.entries)
        outcome = f"gaat over op {move.role.party}, {since}" if since else f"heeft {move.role.party} al"
        tell(f"Rol van {move.origin}: {role} {outcome}")
    return 0


async def tell_who(settings: Settings, question: Question) -> int:
    """Tells who has which role; exit code 1 when nobody has. Raises RegisterRefused or Unavailable."""
    async with opened(settings) as pool:
        clock = clock_of(settings, pool)
        history = await Registers(pool, clock).history()
        day = question.on or dutch_day(await clock.now())
    register = history.on(day)
    if history.begins is None or day < history.begins:
        begins = wording.day(history.begins) if history.begins else "nog niet"
        raise RegisterRefused(f"Het register begint op {begins}: van eerder weet het niets.")
    if question.area not in register.areas and question.area not in register.former:
        raise RegisterRefused(f"'{question.area}' is op {wording.day(day)} geen gebied in het register.")
    if question.area in register.former:
        tell(_ended(question.area, register))
    held = roles_in(question.function, question.area, register)
    where = wording.area_name(question.area, register)
    what = wording.function_name(question.function, register)
    tell(f"{what} in {where} op {wording.day(day)} (register, versie {register.version}):")
    for one in held:
        tell(f"  {ROLE_KIND[0](one.kind):27} {wording.party_name(one.party, register)} ({one.party})")
    return 0 if held else 1


def _ended(area: str, register: Register) -> str:
    former = register.former[area]
    facts, until = former.facts, former.until
    since = f"Let op: {facts.name} ({area}) bestaat niet meer sinds {wording.day(until)}"
    codes = facts.successors if isinstance(facts, AreaFacts) else ()
    into = " en ".join(f"{wording.area_name(code, register)} ({code})" for code in codes)
    return f"{since}, en ging op in {into}." if into else f"{since}."
