"""Does an earlier answer serve, for which areas, and what is left to ask?"""

from collections.abc import Collection, Container, Iterable
from datetime import date, timedelta
from enum import StrEnum
from typing import NamedTuple
from uuid import UUID

from hub.register.kinds import DECENTRAL
from hub.register.model import Party, Register
from hub.rules.clearance import ORDER
from hub.rules.throttle.policy import Validity
from schemas.terms import Tlp


class Kind(StrEnum):
    """What was given, which decides for how long it holds when its author does not say."""

    STATIC = "static"
    PLANS = "plans"
    CRISIS = "crisis"
    DECLINE = "decline"


class Kept(NamedTuple):
    """An answer, or a decline with its reason: deposited or given, about areas, until a day. `named` are the
    parties to which its author lets it go; `superseded` is one that was corrected or retracted."""

    answer: UUID
    merge_key: str
    kind: Kind
    functions: tuple[str, ...]
    areas: frozenset[str]
    given_on: date
    valid_until: date
    tlp: Tlp | None
    named: frozenset[str] = frozenset()
    superseded: bool = False
    reason: str = ""


class Having(StrEnum):
    """Whether a party may have a kept answer, or why not."""

    MAY = "may-have"
    NOT_REGISTERED = "is-not-registered"
    NO_LABEL = "has-no-label"
    RED = "red-is-never-reused"
    NOT_NAMED = "is-not-named-by-its-author"
    NO_ROLE = "has-no-role-in-the-function"
    CLEARANCE = "is-not-cleared"


class Served(NamedTuple):
    """What an earlier answer gives: some areas."""

    kept: Kept
    areas: tuple[str, ...]


class Reuse(NamedTuple):
    """What is served, and the gap: the areas to ask the operator about. No gap: nothing is asked."""

    served: tuple[Served, ...]
    gap: tuple[str, ...]


def valid_until(kind: Kind, given_on: date, stated: date | None, validity: Validity) -> date:
    """Until which day, that day too, an answer holds: as its author says, else by its kind."""
    days: int = getattr(validity, kind.value)
    return stated if stated is not None else given_on + timedelta(days=days)


def may_have(kept: Kept, asker: str, register: Register) -> Having:
    """Whether an asker may have a kept answer: asked when it asks, and again at sending."""
    party = register.parties.get(asker)
    if party is None:
        return Having.NOT_REGISTERED
    if kept.tlp is None:
        return Having.NO_LABEL
    if kept.tlp is Tlp.RED:
        return Having.RED
    if ORDER.index(party.clearance) < ORDER.index(kept.tlp):
        return Having.CLEARANCE
    if kept.tlp in (Tlp.AMBER, Tlp.AMBER_STRICT):
        return Having.MAY if asker in kept.named else Having.NOT_NAMED
    if kept.tlp is Tlp.GREEN:
        return Having.MAY if _takes_part(kept, party, register) else Having.NO_ROLE
    return Having.MAY


def _takes_part(kept: Kept, party: Party, register: Register) -> bool:
    """Whether it has a role in one of the functions, or governs some of the area: most governments have no
    role of their own."""
    if any(role.party == party.slug and role.function in kept.functions for role in register.roles):
        return True
    return party.kind in DECENTRAL and register.meeting_area(party.areas, kept.areas) is not None


def replaces(new: Kept, old: Kept) -> bool:
    """Whether an answer takes the place of an older one that it does not name: it answers the same question
    about all of its areas, and whoever may have that may have this. Closed answers stand beside each other:
    each may be for another."""
    if new.answer == old.answer or new.merge_key != old.merge_key or not old.areas <= new.areas:
        return False
    if new.tlp not in _OPEN or old.tlp not in _OPEN:
        return False
    return ORDER.index(new.tlp) <= ORDER.index(old.tlp) and new.given_on >= old.given_on


_OPEN = (Tlp.CLEAR, Tlp.GREEN)


def holds(kept: Kept, keys: Container[str], today: date) -> bool:
    """Whether a kept answer is to this question, and still holds."""
    return kept.merge_key in keys and not kept.superseded and kept.given_on <= today <= kept.valid_until


def reuse(
    library: Iterable[Kept],
    keys: Container[str],
    areas: Iterable[str],
    asker: str,
    today: date,
    register: Register,
    *,
    not_enough: Collection[UUID] = (),
) -> Reuse:
    """For each area the newest answer that the asker may have, or else the newest decline. `keys` are those
    of the question; `not_enough` are
    answers that the asker had and that did not do."""
    found = [
        kept
        for kept in library
        if holds(kept, keys, today)
        and kept.answer not in not_enough
        and may_have(kept, asker, register) is Having.MAY
    ]
    found.sort(key=lambda kept: (kept.kind is not Kind.DECLINE, kept.given_on, kept.answer), reverse=True)
    serving: dict[UUID, list[str]] = {}
    gap = []
    for area in dict.fromkeys(areas):
        first = next((kept for kept in found if area in kept.areas), None)
        if first is None:
            gap.append(area)
        else:
            serving.setdefault(first.answer, []).append(area)
    served = (Served(kept, tuple(serving[kept.answer])) for kept in found if kept.answer in serving)
    return Reuse(tuple(served), tuple(gap))
