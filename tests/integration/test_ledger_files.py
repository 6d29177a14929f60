"""An export is checked anywhere, by two checkers that share nothing; each change to it is found and named."""

import asyncio
import json
import subprocess
import sys
from base64 import b64encode
from collections.abc import Callable
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from connectors.mailbox.evidence import put_head
from connectors.mailbox.sending import message
from consumers.commands import ledger, ledger_files
from consumers.ledger import keep_numbering
from hub.errors import NotConfigured
from hub.ledger.head import head_path, kept_head
from hub.ledger.key import signer_of
from hub.rules.ledger.exports import ExportCheck, line
from hub.rules.ledger.notes import Signer, signed
from hub.rules.ledger.selecting import Selection
from hub.settings import Settings
from hub.store.clock import clock_of
from hub.store.database import opened, transaction
from hub.store.ledger.beginning import NotPutBack, PastChanged
from hub.store.ledger.numbering import number_next
from hub.store.ledger.records import Entry, record
from hub.store.ledger.trees import find_head
from hub.store.wake import Channel, WakeUp
from tests import second_checker

NOW = datetime(2027, 6, 1, 8, 0, tzinfo=UTC)
LATER = datetime(2027, 7, 1, 8, 0, tzinfo=UTC)


_ALL = Selection()


@pytest.fixture
def keyed(settings: Settings, tmp_path: Path) -> Settings:
    """The settings, with a key of the test's own."""
    return settings.model_copy(update={"ledger_key_file": tmp_path / "ledger.key"})


async def _fill(pool: AsyncEngine, signer: Signer, name: str, count: int, at: datetime = NOW) -> None:
    async with transaction(pool) as connection:
        entries = [
            Entry(
                "test", (name, n), None, at, {"n": n, "party": f"gm{n % 3}", "words": "één „zin” \u2028 ja"}
            )
            for n in range(count)
        ]
        await record(connection, entries)
        await number_next(connection, at, signer)


async def _head(pool: AsyncEngine) -> str:
    async with transaction(pool) as connection:
        row = await find_head(connection)
        assert row is not None
        return str(row.note)


def _faults(content: bytes, key: str | None = None) -> tuple[list[str], list[str]]:
    """What our checker finds, and what the second one finds."""
    ours = ExportCheck(key)
    for one in content.splitlines(keepends=True) if b"\r" not in content else content.split(b"\n"):
        ours.take(one)
    ours.end()
    return ours.faults.told(), second_checker.check(content, key)


async def _exported(keyed: Settings, path: Path, selection: Selection = _ALL) -> list[bytes]:
    assert await ledger_files.export(keyed, path, selection) == 0
    return (await asyncio.to_thread(path.read_bytes)).splitlines(keepends=True)


async def test_what_is_exported_is_checked_by_both_and_only_with_its_own_key(
    keyed: Settings, pool: AsyncEngine, tmp_path: Path
) -> None:
    first = signer_of(keyed)
    await _fill(pool, first, "a", 300)
    second = tmp_path / "second.key"
    ledger.new_key(second, first.name)
    assert await ledger.rotate(keyed, second) == 0
    await _fill(pool, first, "b", 3)
    await _fill(pool, signer_of(keyed), "c", 5, LATER)
    content = b"".join(await _exported(keyed, tmp_path / "all.jsonl"))
    assert _faults(content, str(first.verifier)) == ([], [])
    assert content.count(b'"number":') == 300 + 3 + 5 + 1 + 2 + 2  # the register; the keys, in both places
    other = str(Signer.made(first.name).verifier)
    assert all(_faults(content, other))
    assert ledger_files.check(tmp_path / "all.jsonl", str(first.verifier)) == 0
    assert signer_of(keyed).verifier != first.verifier


async def test_a_selection_holds_what_was_asked_for(
    keyed: Settings, pool: AsyncEngine, tmp_path: Path
) -> None:
    await _fill(pool, signer_of(keyed), "a", 9)
    await _fill(pool, signer_of(keyed), "b", 6, LATER)
    lines = await _exported(keyed, tmp_path / "some.jsonl", Selection(since=LATER, party="gm1"))
    said = [json.loads(json.loads(one)["record"]) for one in lines[1:-1]]
    assert [(one["party"], one["at"]) for one in said] == [("gm1", "2027-07-01T08:00:00Z")] * 2
    assert _faults(b"".join(lines)) == ([], [])
    nothing = await _exported(keyed, tmp_path / "none.jsonl", Selection(party="nobody"))
    assert len(nothing) == 2
    assert _faults(b"".join(nothing)) == ([], [])


_Change = Callable[[list[bytes]], list[bytes]]


def _edited(place: int, **members: Any) -> _Change:
    return lambda lines: [*lines[:place], line(json.loads(lines[place]) | members), *lines[place + 1 :]]


def _record_edited(lines: list[bytes]) -> list[bytes]:
    said = json.loads(lines[4])
    return _edited(4, record=said["record"].replace('"n":', '"m":'))(lines)


def _numbers_exchanged(lines: list[bytes]) -> list[bytes]:
    a, b = json.loads(lines[4]), json.loads(lines[5])
    made = [a | {"record": b["record"]}, b | {"record": a["record"]}]
    return [*lines[:4], *map(line, made), *lines[6:]]


def _sealed_by(signer: Signer) -> _Change:
    def change(lines: list[bytes]) -> list[bytes]:
        kept = [*lines[:4], *lines[5:-1]]
        text = json.loads(lines[-1])["seal"].partition("\n\n")[0].split("\n")
        text[1:4] = [str(len(kept) - 1), b64encode(sha256(b"".join(kept)).digest()).decode(), "0-2,4-9"]
        return [*kept, line({"seal": signed("\n".join(text) + "\n", signer)})]

    return change


_STRANGER = Signer.made("127.0.0.1:8080/ledger")
CHANGES: dict[str, tuple[_Change, str]] = {
    "a flipped bit in a record": (
        lambda lines: [
            *lines[:4],
            lines[4].replace(b"words", b"wordt"),
            *lines[5:],
        ],
        "record 3",
    ),
    "another record": (_record_edited, "record 3"),
    "a line dropped": (lambda lines: [*lines[:4], *lines[5:]], "record 3 ontbreekt"),
    "two lines swapped": (lambda lines: [*lines[:4], lines[5], lines[4], *lines[6:]], "record 3"),
    "two records exchanged": (_numbers_exchanged, "record 3"),
    "a line doubled": (
        lambda lines: [*lines[:5], lines[4], *lines[5:]],
        "record 3 staat niet op zijn plaats",
    ),
    "a record made up": (
        lambda lines: [*lines[:5], line({"number": 3, "record": "{}", "proof": []}), *lines[5:]],
        "record 3",
    ),
    "a line that is no JSON": (lambda lines: [*lines[:4], b"{\n", *lines[5:]], "regel 5 is geen JSON"),
    "a proof emptied": (_edited(4, proof=[]), "record 3"),
    "another selection": (_edited(0, selection={}), "het zegel is van een andere inhoud"),
    "no keys": (_edited(0, keys=[]), "boomkop"),
    "another head": (_edited(0, head="x\n"), "de boomkop klopt niet"),
    "no seal": (lambda lines: lines[:-1], "het zegel aan het eind ontbreekt"),
    "cut off halfway": (lambda lines: [*lines[:5], lines[5][:40]], "het zegel aan het eind ontbreekt"),
    "something after the seal": (lambda lines: [*lines, lines[4]], "staat na het zegel"),
    "sealed by a stranger": (_sealed_by(_STRANGER), "het zegel klopt niet"),
}


async def test_each_change_to_an_export_is_found_and_named_by_both(
    keyed: Settings, pool: AsyncEngine, tmp_path: Path
) -> None:
    await _fill(pool, signer_of(keyed), "a", 8)
    lines = await _exported(keyed, tmp_path / "all.jsonl")
    missed = {}
    for change, (changed, named) in CHANGES.items():
        ours, theirs = _faults(b"".join(changed(lines)))
        if not theirs or not any(named in fault for fault in ours):
            missed[change] = ours, theirs
    assert missed == {}


async def test_any_flipped_bit_of_an_export_is_found_by_both(
    keyed: Settings, pool: AsyncEngine, tmp_path: Path
) -> None:
    await _fill(pool, signer_of(keyed), "a", 2)
    content = b"".join(await _exported(keyed, tmp_path / "all.jsonl"))
    for bit in range(3, len(content) * 8, 173):
        changed = bytearray(content)
        changed[bit // 8] ^= 1 << bit % 8
        assert all(_faults(bytes(changed))), bit


async def test_the_second_checker_runs_alone_and_check_needs_no_settings(
    keyed: Settings, pool: AsyncEngine, tmp_path: Path
) -> None:
    await _fill(pool, signer_of(keyed), "a", 3)
    await _exported(keyed, tmp_path / "all.jsonl")
    kernhub = Path(sys.executable).with_name("kernhub")
    for words in (
        [sys.executable, "-I", second_checker.__file__, "all.jsonl"],
        [kernhub, "ledger", "check", "all.jsonl"],
    ):
        ran = await asyncio.to_thread(
            subprocess.run,
            words,
            cwd=tmp_path,
            check=False,
            capture_output=True,
            env={"PATH": "/usr/bin:/bin"},
        )
        assert (ran.returncode, ran.stderr) == (0, b"")


async def test_a_saved_mail_is_a_witness_of_the_past(
    keyed: Settings, pool: AsyncEngine, twin: Settings, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    signer = signer_of(keyed)
    await _fill(pool, signer, "a", 20)
    mail = message(UUID(int=1), "hub@x.nl", "team@x.nl", "Overzicht", "Dag", "GREEN", NOW)
    put_head(mail, await _head(pool))
    saved = tmp_path / "saved.eml"
    saved.write_bytes(bytes(mail))
    await _fill(pool, signer, "b", 30)
    assert await ledger.witness(keyed, saved) == 0
    assert await ledger.verify(keyed, saved) == 0
    rewritten = keyed.model_copy(update={"database_url": twin.database_url})
    async with opened(rewritten) as other:
        await _fill(other, signer, "a", 10)
        assert await ledger.witness(rewritten, saved) == 1
        assert "er is iets weggehaald" in capsys.readouterr().err
        await _fill(other, signer, "c", 40)
        assert await ledger.witness(rewritten, saved) == 1
        assert "het verleden is veranderd" in capsys.readouterr().err
        assert await ledger.verify(rewritten, saved) == 1


_REGISTER = ("register_version", "register_entry")


async def test_a_sequencer_that_starts_again_knows_what_was_signed_last(
    keyed: Settings, pool: AsyncEngine, owner_pool: AsyncEngine, capsys: pytest.CaptureFixture[str]
) -> None:
    """Else who puts an older ledger back need only wait until the worker starts again."""
    signer, path = signer_of(keyed), head_path(keyed)
    assert path is not None

    stop, wake_up = asyncio.Event(), WakeUp(keyed, 0.02, Channel.RECORD)

    async def works() -> None:
        await keep_numbering(pool, clock_of(keyed, pool), signer, wake_up, stop, path)

    async with asyncio.timeout(60), asyncio.TaskGroup() as both:
        both.create_task(works())
        while kept_head(path) is None:  # noqa: ASYNC110
            await asyncio.sleep(0.02)
        stop.set()
    stop.clear()
    assert await ledger.verify(keyed) == 0
    assert await ledger.witness(keyed, path) == 0
    async with transaction(owner_pool) as connection:
        for table in ("ledger", "ledger_batch", "ledger_tile", "tree_head", *_REGISTER):
            await connection.execute(text(f"ALTER TABLE {table} DISABLE TRIGGER ALL"))
            await connection.execute(text(f"TRUNCATE {table}"))
            await connection.execute(text(f"ALTER TABLE {table} ENABLE TRIGGER ALL"))
    with pytest.raises(PastChanged, match="en nu zijn er 0"):
        await works()
    with pytest.raises(PastChanged, match="put-back"):
        await ledger.begin(keyed, 0)
    capsys.readouterr()
    assert await ledger.verify(keyed) == 1
    assert "records ondertekend, en nu zijn er 0" in capsys.readouterr().err
    assert await ledger.put_back(keyed, 0) == 0
    assert await ledger.verify(keyed) == 0
    with pytest.raises(NotPutBack):
        await ledger.put_back(keyed, 0)
    path.write_text("half")
    with pytest.raises(NotConfigured, match="is geschonden"):
        await works()
    await wake_up.close()
