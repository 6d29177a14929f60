"""What follows when an answer was given: who receives it and its corrections, when is it asked again?"""

from collections.abc import Collection, Iterable
from datetime import date, timedelta
from enum import StrEnum
from uuid import UUID

from hub.register.model import Register
from hub.rules.throttle.library import Having, Kept, Kind, may_have

RENEW_AHEAD = timedelta(days=28)
"""So long before an answer ends its operator is asked, in a bundle that leaves anyway, whether it holds."""


class Again(StrEnum):
    """Whether a question may be asked again after a decline."""

    MAY = "may-ask-again"
    NO_REASON = "needs-a-reason"
    SAME_REASON = "needs-another-reason-than-before"
    NOT_CONFIRMED = "needs-the-coordinator"


class News(StrEnum):
    """What someone who received an answer is told when it changes."""

    CORRECTION = "the-new-answer"
    RETRACTION = "that-it-no-longer-holds"


def receivers(kept: Kept, askers: Iterable[str], had: Collection[str], register: Register) -> tuple[str, ...]:
    """The askers that receive an answer from the library, each once, later ones included. `had` are those
    that received it before."""
    return tuple(
        asker
        for asker in sorted(set(askers))
        if asker not in had and may_have(kept, asker, register) is Having.MAY
    )


def told_of_change(had: Iterable[str], new: Kept | None, register: Register) -> dict[str, News]:
    """What each of those that received an answer is told: the one that replaces it, or no more than that it
    no longer holds, when there is none or it may not have that."""
    return {
        party: News.CORRECTION
        if new is not None and may_have(new, party, register) is Having.MAY
        else News.RETRACTION
        for party in sorted(set(had))
    }


def may_ask_again(earlier: Iterable[str], reason: str, *, is_confirmed: bool) -> Again:
    """Whether a declined question may be asked again, for a reason that none of the earlier times gave."""
    given = _plain(reason)
    if not given:
        return Again.NO_REASON
    if given in {_plain(one) for one in earlier}:
        return Again.SAME_REASON
    return Again.MAY if is_confirmed else Again.NOT_CONFIRMED


def to_renew(library: Iterable[Kept], wanted: Collection[UUID], day: date) -> tuple[UUID, ...]:
    """The answers about which an operator is asked, in a bundle of this day, whether they hold on: those that
    end soon, of whose time half is over, and that somebody received. A decline is not renewed."""
    ending = (
        kept
        for kept in library
        if kept.answer in wanted
        and kept.kind is not Kind.DECLINE
        and not kept.superseded
        and day <= kept.valid_until < day + RENEW_AHEAD
        and day - kept.given_on >= kept.valid_until - day
    )
    return tuple(kept.answer for kept in sorted(ending, key=lambda kept: (kept.valid_until, kept.answer)))


def _plain(reason: str) -> str:
    return " ".join(reason.casefold().split())
