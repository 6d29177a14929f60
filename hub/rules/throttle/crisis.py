"""What happens in a crisis? One situation sheet per operator, function and crisis, filled at the operator's
pace and read by who needs it: so that nobody asks, and the operator is contacted once."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from enum import StrEnum
from typing import NamedTuple

from hub.register.model import Register
from hub.rules.clearance import may_know
from hub.rules.ties import standing
from schemas.terms import FunctionSlug, Tlp

LASTS = timedelta(hours=72)
"""A sheet ends after this, unless it is renewed."""


_LABELS = tuple(Tlp)
"""From open to closed."""


class Sheet(NamedTuple):
    """A situation sheet of standard questions about named areas, open until a moment."""

    operator: str
    function: FunctionSlug
    crisis: str
    areas: tuple[str, ...]
    tlp: Tlp
    opened_at: datetime
    until: datetime

    @property
    def key(self) -> tuple[str, str, str]:
        """There is one sheet with this key."""
        return (self.operator, self.function, self.crisis)

    def is_open(self, now: datetime) -> bool:
        """Whether it has not ended."""
        return self.opened_at <= now < self.until


class Opening(StrEnum):
    """What comes of opening or renewing a sheet. Only `OPENED` is a contact, and it names its crisis."""

    OPENED = "opened"
    OPEN_ALREADY = "is-open-already"
    WIDENED = "widened"
    RENEWED = "renewed"
    ENDED = "has-ended"
    NO_CRISIS = "names-no-crisis"


class Joining(StrEnum):
    """Whether a request becomes part of a sheet."""

    JOINED = "joined"
    ENDED = "has-ended"
    OTHER_FUNCTION = "is-about-another-function"
    OTHER_AREA = "is-about-another-area"
    OWN_QUESTION = "is-no-standard-question"


class Reading(StrEnum):
    """Whether a party may read a sheet."""

    MAY = "may-read"
    NOT_REGISTERED = "is-not-registered"
    NOT_ENTITLED = "has-no-need-to-know"


def open_sheet(new: Sheet, sheets: Iterable[Sheet], now: datetime) -> Opening:
    """Whether this sheet is opened: one that is open is joined instead. One that has ended may be opened
    again, as a new contact."""
    if not new.crisis.strip():
        return Opening.NO_CRISIS
    same = (sheet for sheet in sheets if sheet.key == new.key)
    return Opening.OPEN_ALREADY if any(sheet.is_open(now) for sheet in same) else Opening.OPENED


def widened(sheet: Sheet, new: Sheet, now: datetime) -> tuple[Opening, Sheet]:
    """The open sheet, about the areas of a new one with its key too, without another contact. Not when the
    new one is for fewer eyes: then its areas may not stand on this sheet."""
    added = tuple(area for area in new.areas if area not in sheet.areas)
    if not sheet.is_open(now) or not added or _LABELS.index(new.tlp) > _LABELS.index(sheet.tlp):
        return Opening.OPEN_ALREADY, sheet
    return Opening.WIDENED, sheet._replace(areas=(*sheet.areas, *added))


def renewed(sheet: Sheet, now: datetime) -> tuple[Opening, Sheet]:
    """The sheet, open for as long again from now on; not when it has ended."""
    if not sheet.is_open(now):
        return Opening.ENDED, sheet
    return Opening.RENEWED, sheet._replace(until=max(sheet.until, now + LASTS))


def join(
    sheet: Sheet,
    functions: Iterable[str],
    areas: Iterable[str],
    now: datetime,
    register: Register,
    *,
    is_standard: bool,
) -> Joining:
    """Whether a request to the sheet's operator is answered by the sheet; else it waits as any other. What is
    unanswered when the sheet ends waits too."""
    if not sheet.is_open(now):
        return Joining.ENDED
    if not set(functions) <= {sheet.function}:
        return Joining.OTHER_FUNCTION
    if not is_standard:
        return Joining.OWN_QUESTION
    inside = all(lies_within(area, sheet.areas, register) for area in areas)
    return Joining.JOINED if inside else Joining.OTHER_AREA


def lies_within(area: str, areas: Iterable[str], register: Register) -> bool:
    """Whether all of an area lies in these areas together."""
    covered = {m for one in areas for m in register.municipalities(one)}
    own = set(register.municipalities(area))
    return bool(own) and own <= covered


def may_read(sheet: Sheet, party: str, register: Register) -> Reading:
    """Whether a party may read the sheet, open or ended: its operator, and who has a need to know by function
    or area and is cleared for its label."""
    if party not in register.parties:
        return Reading.NOT_REGISTERED
    if party == sheet.operator:
        return Reading.MAY
    for tied in standing((sheet.function,), sheet.areas, register):
        if party in tied.parties and may_know(sheet.tlp, tied.clearance, set(tied.relations)).allowed:
            return Reading.MAY
    return Reading.NOT_ENTITLED
