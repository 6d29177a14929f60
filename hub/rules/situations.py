"""Which sheets does a situation open, which crisis is meant, and what does a report answer?"""

from collections.abc import Iterable
from datetime import datetime

from hub.register.kinds import RoleKind
from hub.register.model import Register
from hub.rules.asking import normalised
from hub.rules.clearance import may_know
from hub.rules.exercises import apart
from hub.rules.relations import Relation
from hub.rules.throttle.crisis import LASTS, Sheet, lies_within
from schemas.envelope import is_exercise
from schemas.situation import SituationOpened, SituationRow
from schemas.terms import FunctionSlug


def crisis_key(crisis: str, source: str) -> str:
    """Equal keys are one crisis, however it is written. That of an exercise is never a real one."""
    return f"{'exercise' if is_exercise(source) else 'real'}: {normalised(crisis) or crisis.strip()}"


def sheets_of(
    situation: SituationOpened, crisis: str, opened_at: datetime, register: Register
) -> list[Sheet]:
    """A sheet about the crisis with this key for each operator of the functions in the areas that may know of
    it, by operator."""
    found: dict[tuple[str, FunctionSlug], None] = {}
    for function in situation.functions:
        for area in situation.areas:
            for role in register.roles_in(function, area):
                if role.kind is RoleKind.OPERATOR:
                    found[role.party, function] = None
    return [
        Sheet(operator, function, crisis, areas, situation.tlp, opened_at, opened_at + LASTS)
        for operator, function in sorted(found)
        if may_have_sheet(situation, operator, register)
        for areas in [_served(situation.areas, operator, register)]
    ]


def may_have_sheet(situation: SituationOpened, operator: str, register: Register) -> bool:
    """Whether this operator may know of the situation: by its name in it, or as operator."""
    party = register.parties.get(operator)
    if party is None or apart(situation.source, party):
        return False
    relation = Relation.NAMED if operator in situation.data.recipients else Relation.OPERATOR
    return may_know(situation.tlp, party.clearance, {relation}).allowed


def answers(rows: Iterable[SituationRow], question: str, areas: Iterable[str], register: Register) -> bool:
    """Whether a report answers a standard question about these areas: by rows about it that cover them, or as
    a whole when it has no rows."""
    rows = tuple(rows)
    about = [row.area for row in rows if row.standard_question == question]
    if not rows or None in about:
        return True
    covered = [area for area in about if area is not None]
    return bool(covered) and all(lies_within(area, covered, register) for area in areas)


def _served(areas: Iterable[str], operator: str, register: Register) -> tuple[str, ...]:
    served = register.parties[operator].areas
    return tuple(area for area in areas if register.meeting_area(served, [area]))
