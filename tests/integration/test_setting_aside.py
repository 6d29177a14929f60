"""What a worker wrote wrongly beside the hub is set aside by the owner of the tables: the ledger goes on."""

import hashlib
import json
from datetime import UTC, datetime

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from consumers.commands import ledger as ledger_command
from consumers.commands.set_aside import look_or_set_aside
from hub.rules.ledger.keys import NewKey
from hub.rules.ledger.notes import Signer, signed
from hub.rules.ledger.tree import leaf_hash
from hub.settings import Settings
from hub.store.database import transaction
from hub.store.ledger.beginning import WrongBatches
from hub.store.ledger.checks import check_ledger
from hub.store.ledger.reading import is_unnumbered
from hub.store.ledger.records import Entry, record
from hub.store.ledger.setting_aside import NotToSetAside, find_batches, set_aside, wrongs_of
from tests.ledgers import SIGNER, number_all

NOW = datetime(2027, 6, 1, 8, 0, tzinfo=UTC)
_PLAIN = b'{"event":null,"kind":"x"}'
_INSERT = text(
    "WITH own AS (INSERT INTO ledger VALUES (:key, 'x', NULL, :record, :leaf, :batch)) "
    "INSERT INTO ledger_batch OVERRIDING SYSTEM VALUE "
    "VALUES (:batch, ARRAY[CAST(:key AS uuid)], :listed, NULL)"
)
_STRAY = text("INSERT INTO ledger VALUES (:key, 'x', NULL, :record, :leaf, :batch)")


def _row(batch: int, content: bytes, listed: bytes | None = None) -> dict[str, object]:
    key, leaf = f"00000000-0000-0000-0000-{batch:012}", leaf_hash(content)
    return {"key": key, "record": content, "leaf": leaf, "batch": batch, "listed": listed or leaf}


async def _wrongs(connection: AsyncConnection) -> set[int]:
    """Writes a wrong batch of each kind; which those are. One (9005) the sequencer never reads."""
    await connection.execute(_INSERT, _row(9001, _PLAIN, leaf_hash(b"other")))
    for batch, content in (
        (9002, b"x"),
        (9003, b'{"kind":"x","event":null}'),
        (9004, b'[{"event":null}]'),
        (9006, b'{"event":null,"kind":"x","n":1e16}'),
    ):
        await connection.execute(_INSERT, _row(batch, content))
    await connection.execute(_STRAY, {k: v for k, v in _row(9005, _PLAIN).items() if k != "listed"})
    facts = {"batch": 2, "hash": "00", "records": 1, "why": "", "by": "administrator"}
    await record(connection, [Entry("batch-set-aside", ("false",), None, NOW, facts)])
    return {9001, 9002, 9003, 9004, 9006, await _newest(connection)}


async def _newest(connection: AsyncConnection) -> int:
    return await connection.scalar(text("SELECT max(batch) FROM ledger_batch WHERE batch < 9000")) or 0


async def _refused(pool: AsyncEngine) -> set[int]:
    async with transaction(pool) as connection:
        try:
            await number_all(connection, NOW)
        except WrongBatches as error:
            told = str(error).partition("groep ")[2].partition(".")[0]
            return {int(one) for one in told.split(", ")}
    return set()


async def _set_aside(owner: AsyncEngine, number: int) -> None:
    async with transaction(owner) as connection:
        (batch,) = await find_batches(connection, [number])
        wrong = await wrongs_of(connection, batch)
        assert wrong, number
        await set_aside(connection, batch, wrong, "proef", "administrator", NOW)


async def test_the_ledger_goes_on_without_what_was_set_aside(
    pool: AsyncEngine, owner_pool: AsyncEngine
) -> None:
    async with transaction(pool) as connection:
        await number_all(connection, NOW)
        wrong = await _wrongs(connection)
        await record(connection, [Entry("test", ("good",), None, NOW, {})])
        good = await _newest(connection)
    assert await _refused(pool) == wrong
    for number in wrong | {9005}:
        await _set_aside(owner_pool, number)
    assert await _refused(pool) == set()
    stranger = Signer.made(SIGNER.name)
    async with transaction(pool) as connection:
        note = signed(NewKey(stranger.name, stranger.verifier, SIGNER.verifier).text(), stranger)
        for name, false in (("false", note), ("no note", "x")):
            await record(connection, [Entry("ledger-key", (name,), None, NOW, {"note": false})])
    handovers = await _refused(pool)
    for number in handovers:
        await _set_aside(owner_pool, number)
    assert await _refused(pool) == set()
    async with transaction(pool) as connection:
        check = await check_ledger(connection, key=SIGNER.verifier)
        assert (check.faults, check.waiting) == ([], 0)
        assert not await is_unnumbered(connection)
        numbers = "SELECT batch, first_number FROM ledger_batch WHERE batch > 9000 OR batch = :good"
        first = {
            row.batch: row.first_number for row in await connection.execute(text(numbers), {"good": good})
        }
        assert [batch for batch, number in first.items() if number is not None] == [good]
        told = "SELECT convert_from(record, 'UTF8')::json FROM ledger WHERE record_key = ANY(:keys)"
        keys = (await connection.execute(text("SELECT record_key FROM ledger_set_aside"))).scalars().all()
        said = (await connection.execute(text(told), {"keys": keys})).scalars().all()
    assert {one["batch"] for one in said} == wrong | handovers | {9005}
    assert {(one["why"], one["by"]) for one in said} == {("proef", "administrator")}
    (hash_,) = {one["hash"] for one in said if one["batch"] == 9002}
    row = {"event": None, "key": _row(9002, b"x")["key"], "kind": "x", "leaf": leaf_hash(b"x").hex()}
    listed = {"keys": f"{{{row['key']}}}", "leaves": row["leaf"]}
    whole = {"batch": 9002, "listed": listed, "records": [row | {"record": b"x".hex()}]}
    written = json.dumps(whole, sort_keys=True, separators=(",", ":")).encode()
    assert hash_ == hashlib.sha256(written).hexdigest()


async def test_what_was_set_aside_and_changed_since_is_found(
    pool: AsyncEngine, owner_pool: AsyncEngine
) -> None:
    async with transaction(pool) as connection:
        await number_all(connection, NOW)
        await connection.execute(_INSERT, _row(9001, b"x"))
    await _set_aside(owner_pool, 9001)
    assert await _refused(pool) == set()
    changed = "groep 9001 is veranderd sinds zij apart is gezet"
    for statement, fault in (
        ("UPDATE ledger SET record = 'y' WHERE batch = 9001", changed),
        ("DELETE FROM ledger WHERE batch = 9001", changed),
        ("DELETE FROM ledger_batch WHERE batch = 9001", changed),
        ("UPDATE ledger_batch SET leaf_hashes = 'x' WHERE batch = 9001", changed),
        ("INSERT INTO ledger VALUES (gen_random_uuid(), 'x', NULL, 'x', 'x', 9001)", changed),
        ("UPDATE ledger_batch SET first_number = 99 WHERE batch = 9001", "heeft toch een nummer"),
        ("UPDATE ledger_set_aside SET hash = 'x'", "geen record zegt dat"),
        ("DELETE FROM ledger WHERE kind = 'batch-set-aside'", "geen record zegt dat"),
        ("DELETE FROM ledger_set_aside", "en dat is niet zo"),
    ):
        async with owner_pool.connect() as connection:
            for table in ("ledger", "ledger_batch", "ledger_set_aside"):
                await connection.execute(text(f"ALTER TABLE {table} DISABLE TRIGGER ALL"))
            await connection.execute(text(statement))
            faults = (await check_ledger(connection)).faults
            assert any(fault in one for one in faults), (statement, faults)
            await connection.rollback()
    for one, statement in (
        (pool, "INSERT INTO ledger_set_aside VALUES (1, 'x', gen_random_uuid(), now())"),
        (owner_pool, "DELETE FROM ledger_set_aside"),
        (owner_pool, "TRUNCATE ledger_set_aside"),
    ):
        async with one.connect() as connection:
            with pytest.raises(DBAPIError):
                await connection.execute(text(statement))


async def test_what_fits_is_not_set_aside_and_looking_changes_nothing(
    pool: AsyncEngine, owner_pool: AsyncEngine, settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    async with transaction(pool) as connection:
        await number_all(connection, NOW)
        await record(connection, [Entry("test", ("good",), None, NOW, {})])
        good = await _newest(connection)
        await connection.execute(_INSERT, _row(9001, b"x"))
    for number, why in ((good, "niets mis"), (1, "al een nummer"), (8999, "niets mis")):
        with pytest.raises(NotToSetAside, match=why):
            await look_or_set_aside(settings, number, "proef", keep_apart=True)
    assert await look_or_set_aside(settings, 9001, None, keep_apart=False) == 0
    assert "Mis: record 00000000-0000-0000-0000-000000009001 is geen JSON" in capsys.readouterr().out
    assert await _refused(pool) == {9001}
    assert await look_or_set_aside(settings, 9001, "proef", keep_apart=True) == 0
    with pytest.raises(NotToSetAside, match="al apart gezet"):
        await look_or_set_aside(settings, 9001, "proef", keep_apart=True)
    assert await _refused(pool) == set()
    key = str(SIGNER.verifier)
    capsys.readouterr()
    assert await ledger_command.verify(settings, key=key) == 0
    assert "Apart gezet, zonder nummer: groep 9001" in capsys.readouterr().out
