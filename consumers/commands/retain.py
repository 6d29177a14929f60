"""Removes contents that are past the term that the administrator set; the ledger keeps the proof."""

from collections import Counter
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

from sqlalchemy.ext.asyncio import AsyncEngine

from consumers.commands import ledger_files
from consumers.say import tell, warn
from hub.errors import HubError, NotConfigured, why
from hub.rules.ledger.selecting import Selection
from hub.rules.moments import dutch_day, midnight
from hub.rules.retention import Cutoff, Month, Term, cutoffs, months, terms_in
from hub.settings import Settings
from hub.store.clock import clock_of
from hub.store.database import opened, transaction
from hub.store.intake.outbox import hold_publishing
from hub.store.ledger import removing, retaining
from hub.store.ledger.keys import keyring
from hub.store.ledger.reading import first_number_since
from hub.store.mail import mail_in
from schemas.catalogue import BY_TYPE
from schemas.problems import Refused

BROKEN_OFF = "Afgebroken. Wat al weg was, is heel weg; opnieuw starten gaat verder waar dit ophield."
_AT_ONCE = 200
_MAIL_IN = timedelta(days=90)
"""Mail that came in is kept for so long after all is done with it."""
_HELD = {
    "delivery": "nog niet overal bezorgd",
    "request": "nog een open verzoek",
    "bottleneck": "nog een open knelpunt",
    "answer": "een antwoord dat nog geldt, of de vraag daarbij",
    "sheet": "nog een open situatieblad",
}


class WrongTerms(HubError):
    """The file with terms can't be used. The message says why."""


async def retain(settings: Settings, *, remove: bool, archive: Path | None = None) -> int:
    """Tells which contents are past their term; with `remove` removes those that nothing needs, a lot
    in each transaction: broken off, it goes on where it was. With `archive` first writes the ledger of their
    months in that folder. Raises NotConfigured, WrongTerms, CannotWrite, NothingToExport or Unavailable."""
    terms = _terms(settings)
    async with opened(settings, command_seconds=3600) as pool:
        now = await clock_of(settings, pool).now()
        past = cutoffs(terms, now)
        async with transaction(pool) as connection:
            counts = await retaining.count_past(connection, past, now)
        _tell(counts)
        free = sum(row.many for row in counts if row.held is None)
        if not remove:
            async with transaction(pool) as connection:
                old = await mail_in.done_before(connection, now - _MAIL_IN)
            if not (free or old):
                tell("Er is nu niets te verwijderen.")
                return 0
            tell(
                f"Met --remove verdwijnt de inhoud van {free} gebeurtenissen en {len(old)} ontvangen mails. "
                "Er is nu niets veranderd."
            )
            return 0
        if archive is not None and free:
            async with transaction(pool) as connection:
                between = await retaining.time_of_past(connection, past, now)
            oldest, newest = map(dutch_day, between or (now, now))
            if not await _archived(settings, pool, archive, months(oldest, newest, dutch_day(now))):
                warn("Er is niets verwijderd: een archief klopt niet.")
                return 1
        done = 0
        while lot := await _remove_some(pool, past, now):
            done += lot
            tell(f"{done} van {free} \u2026")
        async with transaction(pool) as connection:
            old = await mail_in.done_before(connection, now - _MAIL_IN)
            await mail_in.forget(connection, old, now)
            late = await removing.empty_late_mails(connection)
    if not (done or old or late):
        tell("Er was niets te verwijderen.")
        return 0
    tell(f"Van {done} gebeurtenissen is de inhoud weg. Het grootboek klopt nog, en zegt dat het gebeurde.")
    if old or late:
        tell(f"Weg is ook die van {len(old)} ontvangen mails, en van {late} mails over wat eerder wegging.")
    return 0


async def _archived(settings: Settings, pool: AsyncEngine, folder: Path, periods: Sequence[Month]) -> bool:
    """Writes the ledger of each month that is not there yet, and checks every file; whether all hold, are of
    this ledger, and have all of their month, or all up to today."""
    for month in periods:
        path = folder / f"grootboek-{month.name}.jsonl"
        chosen = Selection(midnight(month.first), midnight(month.until))
        if not path.exists():
            await ledger_files.export(settings, path, chosen)
        until = midnight(month.until, days=0 if month.is_over else -1)
        async with transaction(pool) as connection:
            keys, _ = await keyring(connection)
            size = await first_number_since(connection, until) if until else 0
        if ledger_files.check(path, str(keys.keys[0]), ledger_files.Wanted(chosen, size)) != 0:
            return False
    return True


async def _remove_some(pool: Any, past: Sequence[Cutoff], now: Any) -> int:
    async with transaction(pool) as connection:
        await hold_publishing(connection)
        contents = await retaining.next_past(connection, past, now, _AT_ONCE)
        keys = set(contents)
        quoting = await removing.events_quoting(connection, keys)
        contents |= {row.event_key: row.content for row in await removing.still_here(connection, quoting)}
        await removing.remove(connection, contents, removing.Removal("retention"), now)
        if contents:
            await removing.empty_mails(connection, await removing.mails_of(connection, contents))
    return len(keys)


def _terms(settings: Settings) -> list[Term]:
    path = settings.retention_file
    if path is None:
        raise NotConfigured(
            "Niet ingesteld hoe lang inhoud bewaard wordt: zet KERNHUB_RETENTION_FILE op een bestand zoals "
            "docs/examples/retention.csv."
        )
    try:
        return terms_in(path.read_bytes())
    except OSError as error:
        raise WrongTerms(f"{path} is niet te lezen: {why(error)}.") from error
    except Refused as refused:
        lines = [f"  {one.field}: {one.detail}" for one in refused.problems]
        raise WrongTerms("\n".join([f"{path} klopt niet. Er is niets verwijderd.", *lines])) from refused


def _tell(counts: Sequence[Any]) -> None:
    held: Counter[str] = Counter()
    for row in counts:
        if row.held is None:
            tell(f"{row.many:8}  {BY_TYPE[row.type].name_nl} (TLP:{row.tlp})")
        else:
            held[row.held] += row.many
    for why_held, many in held.most_common():
        tell(f"{many:8}  blijft, want {_HELD[why_held]}")
