"""Events that wait on disk, in order, and what the hub said of those that it has answered for."""

import errno
import hashlib
import json
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

from connectors.client.sending import Receipt, batches
from hub.errors import HubError, why
from schemas.formats import MAX_EVENT_BYTES
from schemas.problems import Problem, Refused
from schemas.strict_json import strict_json

_TABLE = """
CREATE TABLE IF NOT EXISTS event (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    source TEXT NOT NULL,
    id TEXT NOT NULL,
    digest BLOB NOT NULL,
    content TEXT,
    receipt TEXT,
    UNIQUE (source, id)
);
CREATE INDEX IF NOT EXISTS event_waiting ON event (number) WHERE receipt IS NULL;
"""
_MOST_AT_ONCE = 200
_BROKEN = (sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_ERROR)
"""A plain error: there are tables in it that are not ours."""
_AWAY = {
    sqlite3.SQLITE_CANTOPEN: "er is daar geen bestand te openen",
    sqlite3.SQLITE_READONLY: "er mag alleen gelezen worden",
    sqlite3.SQLITE_PERM: "dit programma mag dat niet",
    sqlite3.SQLITE_IOERR: "de schijf geeft een fout",
    sqlite3.SQLITE_BUSY: "een ander programma houdt het al een halve minuut bezet",
}


class NotSpooled(HubError):
    """The event is not kept: the hub could never take it in. The message says why."""


class SpoolFull(HubError):
    """There is no room on the disk. What was kept before is still there; make room and do the same again."""

    try_again = True

    def __init__(self) -> None:
        super().__init__("De schijf is vol. Wat al bewaard was, is er nog. Maak ruimte en doe dit opnieuw.")


class SpoolBroken(HubError):
    """The file is damaged, or of another program. What waited in it may be there still: keep it."""

    def __init__(self, path: Path):
        super().__init__(
            f"Bestand '{path}' is beschadigd, of van een ander programma. Gooi het niet weg: wat nog niet "
            "was verstuurd, staat erin. Zet het opzij, en publiceer verder in een nieuw bestand."
        )


class SpoolAway(HubError):
    """The file can't be read or written now: a path that is wrong, a folder that may not be written, a disk
    that is away, or a program that holds the file. What was kept before is not lost; the message says why."""

    try_again = True

    def __init__(self, path: Path, reason: str):
        super().__init__(
            f"Bestand '{path}' is nu niet te lezen of te schrijven: {reason}. Zorg dat dit programma in die "
            "map mag schrijven en doe dit opnieuw: dit is niet bewaard, wat er al in stond wel."
        )


class Waiting(NamedTuple):
    """An event that the hub has not answered for, and its place in the line."""

    number: int
    event: dict[str, Any]


class Answered(NamedTuple):
    """An event that the hub has answered for."""

    source: str
    id: str
    receipt: Receipt


class Spool:
    """One file (SQLite), for any number of programs at once. What `put` returned from is on disk, also after
    a crash of program or machine. All of it raises SpoolBroken for a file that is damaged, and SpoolAway for
    one that can't be read or written now."""

    def __init__(self, path: Path):
        self._path = path
        try:
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            path.touch(mode=0o600)
        except OSError as error:
            if error.errno == errno.ENOSPC:
                raise SpoolFull from None
            raise SpoolAway(path, why(error)) from None
        with self._failing():
            self._database = sqlite3.connect(path, isolation_level=None, timeout=30)
        try:
            with self._failing():
                self._database.execute("PRAGMA journal_mode = WAL")
                self._database.execute("PRAGMA synchronous = FULL")
                self._database.execute("PRAGMA secure_delete = ON")
                self._database.executescript(_TABLE)
        except BaseException:
            self._database.close()
            raise

    def put(self, event: dict[str, Any]) -> None:
        """Keeps an event at the end of the line; the same again has no effect. Raises NotSpooled or
        SpoolFull."""
        source, event_id = event.get("source"), event.get("id")
        if not (isinstance(source, str) and isinstance(event_id, str)):
            raise NotSpooled("Een gebeurtenis heeft een 'source' en een 'id': allebei tekst.")
        try:
            content = json.dumps(event, ensure_ascii=False, sort_keys=True, allow_nan=False)
            written = content.encode()
            strict_json(written)
        except (TypeError, ValueError) as error:
            raise NotSpooled(f"Gebeurtenis '{event_id}' is niet in JSON te schrijven: {error}.") from None
        except Refused as refused:
            # The hub would refuse all that goes along with it.
            said = "; ".join(problem.detail for problem in refused.problems)
            raise NotSpooled(f"Gebeurtenis '{event_id}' is geen geldige JSON: {said}.") from None
        if len(written) > MAX_EVENT_BYTES:
            raise NotSpooled(
                f"Gebeurtenis '{event_id}' is groter dan {MAX_EVENT_BYTES} bytes: gebruik 'dataref'."
            )
        digest = hashlib.sha256(written).digest()
        row = {"source": source, "id": event_id, "digest": digest, "content": content}
        with self._written():
            self._database.execute(
                "INSERT INTO event (source, id, digest, content) VALUES (:source, :id, :digest, :content) "
                "ON CONFLICT DO NOTHING",
                row,
            )
            (kept,) = self._database.execute(
                "SELECT digest FROM event WHERE source = :source AND id = :id", row
            ).fetchone()
        if kept != digest:
            raise NotSpooled(
                f"Id '{event_id}' is al van een gebeurtenis met andere inhoud: neem een nieuw id."
            )

    def first(self) -> Sequence[Waiting]:
        """What stands first in line, as much as goes to the hub in one go."""
        with self._failing():
            rows = self._database.execute(
                "SELECT number, content FROM event WHERE receipt IS NULL ORDER BY number LIMIT ?",
                [_MOST_AT_ONCE],
            ).fetchall()
        batch = next(batches(json.loads(content) for _, content in rows), [])
        return [
            Waiting(number, event) for (number, _), event in zip(rows, islice(batch, len(rows)), strict=False)
        ]

    def note(self, answers: Sequence[tuple[int, Receipt]]) -> None:
        """Keeps what the hub said of these. What it took in goes from the disk; what it refused stays, to be
        repaired. Raises SpoolFull: then all of these go once more, and the hub knows them."""
        with self._written():
            self._database.executemany(
                "UPDATE event SET receipt = ?, content = CASE WHEN ? THEN NULL ELSE content END "
                "WHERE number = ?",
                [(json.dumps(receipt), receipt.accepted, number) for number, receipt in answers],
            )

    def count_waiting(self) -> int:
        """How many events the hub has not answered for."""
        waiting = "SELECT count(*) FROM event WHERE receipt IS NULL"
        with self._failing():
            (count,) = self._database.execute(waiting).fetchone()
        return int(count)

    def answered(self) -> Iterator[Answered]:
        """Everything that the hub has answered for, in order."""
        with self._failing():
            for source, event_id, receipt in self._database.execute(
                "SELECT source, id, receipt FROM event WHERE receipt IS NOT NULL ORDER BY number"
            ):
                accepted, status, outcome, problems, note, link = json.loads(receipt)
                told = tuple(Problem(*one) for one in problems)
                yield Answered(source, event_id, Receipt(accepted, status, outcome, told, note, link))

    def close(self) -> None:
        self._database.close()

    @contextmanager
    def _written(self) -> Iterator[None]:
        """All of it on disk, or nothing. Raises SpoolFull."""
        try:
            with self._failing():
                self._database.execute("BEGIN IMMEDIATE")
                yield
                self._database.execute("COMMIT")
        except BaseException:
            if self._database.in_transaction:
                self._database.execute("ROLLBACK")
            raise

    @contextmanager
    def _failing(self) -> Iterator[None]:
        """What the database says is wrong, as what to do about it."""
        try:
            yield
        except sqlite3.Error as error:
            code = getattr(error, "sqlite_errorcode", 0) & 0xFF  # of an extended code its kind
            if code == sqlite3.SQLITE_FULL:
                raise SpoolFull from None
            if code in _BROKEN:
                raise SpoolBroken(self._path) from None
            if code in _AWAY:
                raise SpoolAway(self._path, _AWAY[code]) from None
            raise
