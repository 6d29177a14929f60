"""How long is the content of an event kept? A sheet by type and label says so."""

import csv
import io
from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta
from typing import NamedTuple

from schemas.catalogue import CATALOGUE
from schemas.problems import Problem, Refused
from schemas.terms import Tlp

COLUMNS = ("soort", "label", "dagen")
ANY = "*"
ALWAYS = "altijd"
_MOST_DAYS = 36_500
_SHORTS = tuple(row.short for row in CATALOGUE)


class Term(NamedTuple):
    """A row of the sheet: which type and label (`*`: any), and for how many days; None: for ever."""

    short: str
    tlp: str
    days: int | None

    def fits(self, short: str, tlp: str) -> bool:
        """Whether this row is about such an event."""
        return self.short in (ANY, short) and self.tlp in (ANY, tlp)


class Cutoff(NamedTuple):
    """Contents of this type and label that were accepted before this moment are past their term."""

    type: str
    tlp: str
    before: datetime


def cutoffs(terms: Sequence[Term], now: datetime) -> list[Cutoff]:
    """What is past its term at `now`. Of each type and label the first row that fits counts; what no row
    fits is kept."""
    found = []
    for row in CATALOGUE:
        for tlp in Tlp:
            term = next((one for one in terms if one.fits(row.short, str(tlp))), None)
            if term is not None and term.days is not None:
                found.append(Cutoff(row.type, str(tlp), now - timedelta(days=term.days)))
    return found


class Month(NamedTuple):
    """From the first day of a month up to a day that is not in it: of the next month, or tomorrow."""

    first: date
    until: date
    is_over: bool

    @property
    def name(self) -> str:
        """As a file of it is called."""
        return f"{self.first:%Y-%m}" if self.is_over else f"{self.first:%Y-%m}-tot-{self.until:%Y-%m-%d}"


def months(first: date, last: date, today: date) -> list[Month]:
    """The months from one day up to and with another, as far as they are there today."""
    found = []
    begin = first.replace(day=1)
    while begin <= last:
        after = (begin + timedelta(days=31)).replace(day=1)
        found.append(Month(begin, min(after, today + timedelta(days=1)), after <= today))
        begin = after
    return found


def terms_in(content: bytes) -> list[Term]:
    """The rows of a sheet (CSV in UTF-8, `soort;label;dagen`). Raises Refused with everything that is wrong,
    by line."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise Refused([Problem("regel 1", "encoding", "het bestand is niet in UTF-8")]) from None
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=";")
    terms, problems = [], []
    header = [cell.strip().casefold() for cell in next(reader, [])]
    if tuple(header) != COLUMNS:
        problems.append(Problem("regel 1", "columns", f"moet zijn: {';'.join(COLUMNS)}"))
    for values in reader:
        cells = [value.strip() for value in values]
        if not any(cells):
            continue
        wrong = [Problem(f"regel {reader.line_num}", code, detail) for code, detail in _faults(cells)]
        problems += wrong
        if not wrong:
            short, tlp, days = cells
            terms.append(Term(short, tlp.upper(), None if days == ALWAYS else int(days)))
    if problems:
        raise Refused(problems)
    return terms


def _faults(cells: Sequence[str]) -> Iterator[tuple[str, str]]:
    if len(cells) != len(COLUMNS):
        yield "cells", f"heeft {len(cells)} cellen; dat moeten er {len(COLUMNS)} zijn"
        return
    short, tlp, days = cells
    if short not in (ANY, *_SHORTS):
        yield "kind", f"'{short}' is geen soort gebeurtenis: kies uit {ANY}, {', '.join(_SHORTS)}"
    if tlp.upper() not in (ANY, *map(str, Tlp)):
        yield "label", f"'{tlp}' is geen label: kies uit {ANY}, {', '.join(Tlp)}"
    if days != ALWAYS and not (days.isascii() and days.isdigit() and 1 <= int(days[:6]) <= _MOST_DAYS):
        yield "days", f"'{days}' moet een aantal dagen zijn (1 tot {_MOST_DAYS}), of '{ALWAYS}'"
