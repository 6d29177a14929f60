"""Whoever goes around the database, a superuser too, is found out, and what was changed is named."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from sqlalchemy import Text, bindparam, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from consumers.workers import prepare_store
from hub.errors import DatabaseNotPrepared
from hub.rules.ledger.heads import TreeHead, signed_head
from hub.rules.ledger.keys import NewKey
from hub.rules.ledger.notes import Signer, signed
from hub.rules.ledger.tiles import Growing
from hub.settings import Settings
from hub.store.database import as_owner, transaction
from hub.store.ledger.beginning import AlreadyBegun, NotPutBack, PastChanged
from hub.store.ledger.checks import check_ledger
from hub.store.ledger.keys import KeyNotInForce, NotBegun
from hub.store.ledger.numbering import Signed, begin, number_next, put_back
from hub.store.ledger.reading import RecordMissing, numbered_records
from hub.store.ledger.records import Entry, record
from hub.store.ledger.trees import keep_tiles
from hub.store.migrate import must_be_prepared
from hub.store.privileges import MayChangeLedger, app_role_of
from tests.ledgers import SIGNER, number_all

NOW = datetime(2027, 6, 1, 8, 0, tzinfo=UTC)
SIZE = 600
"""Two tiles are full, and a third is not."""
_NUMBERED = """
    CREATE TEMPORARY VIEW numbered AS
    SELECT b.first_number + k.place - 1 AS number, k.record_key, b.batch
    FROM ledger_batch b, unnest(b.record_keys) WITH ORDINALITY AS k (record_key, place)
    WHERE b.first_number IS NOT NULL
"""
_OF = r"record_key = (SELECT record_key FROM numbered WHERE number = \1)"
"""What `#5` stands for in a statement."""
_TABLES = ("ledger", "ledger_batch", "ledger_tile", "tree_head")
_NO_TREE = (
    "DELETE FROM tree_head",
    "DELETE FROM ledger_tile",
    "UPDATE ledger_batch SET first_number = NULL",
)
_NO_KEY = (
    "DELETE FROM ledger_batch WHERE batch = (SELECT batch FROM ledger WHERE kind = 'ledger-key')",
    "DELETE FROM ledger WHERE kind = 'ledger-key'",
)
"""Where the key stands in a batch of its own."""

TAMPERED: list[tuple[str, list[str], str]] = [
    (
        "a flipped bit",
        ["UPDATE ledger SET record = set_bit(record, 77, 1 - get_bit(record, 77)) WHERE #5"],
        "record 5 is veranderd",
    ),
    (
        "a changed record with its own new hash",
        [
            "UPDATE ledger SET record = convert_to(replace(convert_from(record, 'UTF8'), '301', '9'), 'UTF8')"
            " WHERE #301",
            "UPDATE ledger SET leaf_hash = sha256('\\x00'::bytea || record) WHERE #301",
        ],
        "record 301 is veranderd",
    ),
    (
        "a record that is no JSON",
        ["UPDATE ledger SET record = 'x' WHERE #5"],
        "record 5 is geen JSON",
    ),
    (
        "a hash",
        ["UPDATE ledger SET leaf_hash = sha256('x') WHERE #7"],
        "record 7 is veranderd",
    ),
    (
        "a kind",
        ["UPDATE ledger SET kind = 'mail-sent' WHERE #7"],
        "record 7 heeft kolommen die iets anders zeggen",
    ),
    (
        "an event that a record is about",
        ["UPDATE ledger SET event_key = gen_random_uuid() WHERE #7"],
        "record 7 heeft kolommen die iets anders zeggen",
    ),
    ("a dropped record", ["DELETE FROM ledger WHERE #400"], "record 400 ontbreekt"),
    ("the last record dropped", ["DELETE FROM ledger WHERE #599"], "record 599 ontbreekt"),
    (
        "a dropped batch, its records too",
        [
            "DELETE FROM ledger WHERE batch = (SELECT batch FROM numbered WHERE number = 150)",
            "DELETE FROM ledger_batch WHERE batch = (SELECT batch FROM numbered WHERE number = 150)",
        ],
        "record 101 tot 201 ontbreekt",
    ),
    (
        "two records swapped",
        [
            "UPDATE ledger_batch SET record_keys[3] = record_keys[4], record_keys[4] = record_keys[3]"
            " WHERE first_number = 101"
        ],
        "record 103 is veranderd",
    ),
    (
        "two batches swapped",
        [
            "UPDATE ledger_batch SET first_number = -1 WHERE first_number = 101",
            "UPDATE ledger_batch SET first_number = 101 WHERE first_number = 201",
            "UPDATE ledger_batch SET first_number = 201 WHERE first_number = -1",
        ],
        "de boom (tegel 0/0) zegt iets anders over record 101",
    ),
    (
        "an inserted record",
        [
            "INSERT INTO ledger SELECT gen_random_uuid(), kind, event_key, record, leaf_hash, batch"
            " FROM ledger LIMIT 1"
        ],
        "is ingevoegd: het hoort bij geen nummer",
    ),
    (
        "an inserted record with a number",
        [
            "INSERT INTO ledger VALUES ('00000000-0000-0000-0000-00000000000a', 'test', NULL, '{}',"
            " sha256('\\x007b7d'), 9000)",
            "INSERT INTO ledger_batch OVERRIDING SYSTEM VALUE"
            " VALUES (9000, '{00000000-0000-0000-0000-00000000000a}', sha256('\\x007b7d'), 600)",
        ],
        "de laatste boomkop telt 600 records, gevonden: 601",
    ),
    (
        "a number given twice",
        ["UPDATE ledger_batch SET first_number = 200 WHERE first_number = 201"],
        "record 200 is er twee keer",
    ),
    (
        "a record that gets a second number",
        [
            "INSERT INTO ledger_batch OVERRIDING SYSTEM VALUE SELECT 9000, ARRAY[record_key], leaf_hash, NULL"
            " FROM ledger WHERE #5"
        ],
        "nog zonder nummer, ontbreekt",
    ),
    (
        "a record twice in a batch",
        [
            "UPDATE ledger_batch SET record_keys = record_keys || record_keys[1],"
            " leaf_hashes = leaf_hashes || substring(leaf_hashes, 1, 32) WHERE first_number IS NULL"
        ],
        "staat een record twee keer",
    ),
    (
        "numbers left out",
        ["UPDATE ledger_batch SET first_number = first_number + 5 WHERE first_number = 501"],
        "record 501 tot 506 ontbreekt",
    ),
    (
        "the hashes of a batch",
        [
            "UPDATE ledger_batch SET leaf_hashes = set_bit(leaf_hashes, 0, 1 - get_bit(leaf_hashes, 0))"
            " WHERE first_number = 101"
        ],
        "de lijst van nummers noemt bij record 101 een andere hash",
    ),
    (
        "a hash in the tree",
        [
            "UPDATE ledger_tile SET hashes = set_bit(hashes, 0, 1 - get_bit(hashes, 0))"
            " WHERE level = 0 AND place = 1"
        ],
        "de boom (tegel 0/1) zegt iets anders over record 256",
    ),
    (
        "a hash higher in the tree",
        ["UPDATE ledger_tile SET hashes = set_bit(hashes, 0, 1 - get_bit(hashes, 0)) WHERE level = 1"],
        "de boom klopt niet: tegel 1/0",
    ),
    ("a tile dropped", ["DELETE FROM ledger_tile WHERE level = 1"], "de boom heeft 3 tegels, en hoort er 4"),
    (
        "a tile inserted",
        ["INSERT INTO ledger_tile VALUES (0, 9, sha256('x'))"],
        "de boom heeft 5 tegels, en hoort er 4",
    ),
    (
        "a tile made longer",
        ["UPDATE ledger_tile SET hashes = hashes || sha256('x') WHERE level = 0 AND place = 2"],
        "de boom klopt niet: tegel 0/2",
    ),
    (
        "the root of a head",
        ["UPDATE tree_head SET root = sha256('x') WHERE size = 201"],
        "de boomkop bij 201 records klopt niet",
    ),
    (
        "what a head signed",
        ["UPDATE tree_head SET note = replace(note, '201', '202') WHERE size = 201"],
        "de boomkop bij 201 records: de handtekening klopt niet",
    ),
    (
        "the signature taken away",
        ["UPDATE tree_head SET note = NULL WHERE size = 201"],
        "de boomkop bij 201 records: niet ondertekend",
    ),
    (
        "a head that says what another said",
        ["UPDATE tree_head SET note = (SELECT note FROM tree_head WHERE size = 301) WHERE size = 201"],
        "de boomkop bij 201 records: er is iets anders ondertekend",
    ),
    (
        "the moment beside a head, by which exports of a period choose",
        ["UPDATE tree_head SET made_at = made_at + interval '1 month' WHERE size = 201"],
        "de boomkop bij 201 records: er is iets anders ondertekend",
    ),
    (
        "the last head dropped",
        ["DELETE FROM tree_head WHERE size = 600"],
        "de laatste boomkop telt 501 records, gevonden: 600",
    ),
    (
        "the tail cut off, all but the heads",
        [
            "DELETE FROM ledger WHERE record_key IN (SELECT record_key FROM numbered WHERE number >= 501)",
            "DELETE FROM ledger_batch WHERE first_number >= 501",
        ],
        "de laatste boomkop telt 600 records, gevonden: 501",
    ),
    (
        "a record that waits for its number",
        ["UPDATE ledger SET record = 'x' WHERE kind = 'late'"],
        "nog zonder nummer, is veranderd",
    ),
    (
        "a record that waits for its number, dropped",
        ["DELETE FROM ledger WHERE kind = 'late'"],
        "nog zonder nummer, ontbreekt",
    ),
    (
        "every signature taken away, and the key",
        ["UPDATE tree_head SET note = NULL", "UPDATE ledger SET kind = 'test' WHERE kind = 'ledger-key'"],
        "de boomkop bij 201 records: niet ondertekend",
    ),
    ("every head dropped", ["DELETE FROM tree_head"], "er is geen enkele boomkop"),
    ("every head, number and tile dropped", [*_NO_TREE], "er is geen enkele boomkop"),
]


_REWRITTEN = (
    "UPDATE ledger SET record = convert_to(replace(convert_from(record, 'UTF8'), 'test', 'tess'), 'UTF8'),"
    " kind = 'tess' WHERE #300",
    "UPDATE ledger SET leaf_hash = sha256('\\x00'::bytea || record)",
    "UPDATE ledger_batch SET leaf_hashes = (SELECT string_agg(l.leaf_hash, ''::bytea ORDER BY k.place)"
    " FROM unnest(record_keys) WITH ORDINALITY AS k (key, place) JOIN ledger l ON l.record_key = k.key)",
)


@asynccontextmanager
async def _unguarded(pool: AsyncEngine) -> AsyncIterator[AsyncConnection]:
    """As a superuser works on the tables; all is undone at the end."""
    async with pool.connect() as connection:
        for table in _TABLES:
            await connection.execute(text(f"ALTER TABLE {table} DISABLE TRIGGER ALL"))
        await connection.execute(text(_NUMBERED))
        yield connection
        await connection.rollback()


async def _run(connection: AsyncConnection, statement: str) -> None:
    await connection.execute(text(re.sub(r"#(\d+)", _OF, statement).replace(":", "\\:")))


async def _fill(pool: AsyncEngine) -> None:
    """Six hundred records, some hundred a batch with a head after each; and one that waits for its number."""
    async with transaction(pool) as connection:
        await number_all(connection, NOW)
        start = await connection.scalar(text("SELECT max(size) FROM tree_head")) or 0
        for until in (101, 201, 301, 401, 501, SIZE):
            await record(connection, [Entry("test", (n,), None, NOW, {"n": n}) for n in range(start, until)])
            await number_all(connection, NOW)
            start = until
        await record(connection, [Entry("late", (), None, NOW, {})])


async def test_a_ledger_that_nobody_touched_holds_from_any_head_on(owner_pool: AsyncEngine) -> None:
    await _fill(owner_pool)
    async with transaction(owner_pool) as connection:
        check = await check_ledger(connection)
        assert (check.size, check.faults) == (SIZE, [])
        rows = await connection.execute(text("SELECT size, root, made_at FROM tree_head"))
        for size, root, at in rows.all():
            since = TreeHead(SIGNER.name, size, bytes(root), at)
            assert await check_ledger(connection, since) == check


async def test_each_way_of_tampering_is_found_and_named(owner_pool: AsyncEngine) -> None:
    await _fill(owner_pool)
    missed: dict[str, list[str]] = {}
    for way, statements, named in TAMPERED:
        async with _unguarded(owner_pool) as connection:
            for statement in statements:
                await _run(connection, statement)
            faults = (await check_ledger(connection, key=SIGNER.verifier)).faults
        if not any(named in fault for fault in faults):
            missed[way] = faults
    assert missed == {}
    assert len(TAMPERED) >= 20


_OTHER = "sha256('\\x00'::bytea || 'x')"
_YET_OTHER = "sha256('\\x00'::bytea || 'y')"
_ROW = "INSERT INTO ledger SELECT '00000000-0000-0000-0000-00000000000{n}', 'x', NULL, 'x', {hash}, 9000"
_BATCH = "INSERT INTO ledger_batch OVERRIDING SYSTEM VALUE SELECT 9000, {keys}, {hashes}, NULL"
_OWN = "'{00000000-0000-0000-0000-00000000000a}'::uuid[]"
_NUMBERED_KEY = "ARRAY[(SELECT record_keys[2] FROM ledger_batch ORDER BY batch LIMIT 1)]"
UNLIKE: dict[str, list[str]] = {
    "a hash of something else": [
        _ROW.format(n="a", hash=_OTHER),
        _BATCH.format(keys=_OWN, hashes="sha256('x')"),
    ],
    "a hash of something else in both": [
        _ROW.format(n="a", hash="sha256('x')"),
        _BATCH.format(keys=_OWN, hashes="sha256('x')"),
    ],
    "a key that is nowhere": [_BATCH.format(keys=_OWN, hashes=_OTHER)],
    "a record that has a number": [_BATCH.format(keys=_NUMBERED_KEY, hashes=_OTHER)],
    "a record twice": [
        _ROW.format(n="a", hash=_OTHER),
        _BATCH.format(keys=f"{_OWN} || {_OWN}", hashes=f"{_OTHER} || {_OTHER}"),
    ],
    "more hashes than records": [
        _ROW.format(n="a", hash=_OTHER),
        _BATCH.format(keys=_OWN, hashes=f"{_OTHER} || {_OTHER}"),
    ],
    "fewer hashes than records": [
        _ROW.format(n="a", hash=_OTHER),
        _BATCH.format(keys=f"{_OWN} || NULL::uuid", hashes=_OTHER),
    ],
    "a hash that is cut in two": [
        _ROW.format(n="a", hash=f"substring({_OTHER} FOR 16)"),
        _ROW.format(n="b", hash=f"substring({_OTHER} FROM 17)"),
        _BATCH.format(keys=f"{_OWN} || '{{00000000-0000-0000-0000-00000000000b}}'", hashes=_OTHER),
    ],
    "a hash that begins in the row before": [
        _ROW.format(n="a", hash=f"substring({_OTHER} FOR 16)"),
        _ROW.format(n="b", hash=f"substring({_OTHER} FROM 17) || {_YET_OTHER}").replace(
            "NULL, 'x'", "NULL, 'y'"
        ),
        _BATCH.format(
            keys=f"{_OWN} || '{{00000000-0000-0000-0000-00000000000b}}'", hashes=f"{_OTHER} || {_YET_OTHER}"
        ),
    ],
    "records from the fifth place on": [
        _ROW.format(n="a", hash=_OTHER),
        _BATCH.format(keys="'[5:5]={00000000-0000-0000-0000-00000000000a}'::uuid[]", hashes=_OTHER),
    ],
}


@pytest.mark.parametrize("way", UNLIKE)
async def test_a_batch_of_a_worker_that_is_unlike_its_records_gets_no_number(
    pool: AsyncEngine, way: str
) -> None:
    async with transaction(pool) as connection:
        await number_all(connection, NOW)
    async with pool.connect() as connection:
        for statement in UNLIKE[way]:
            await connection.execute(text(statement.replace(":", "\\:")))
        with pytest.raises(PastChanged, match="groep 9000"):
            await number_next(connection, NOW, SIGNER)
        await connection.rollback()
        for statement in [*UNLIKE[way], "UPDATE ledger_batch SET first_number = 2 WHERE batch = 9000"]:
            await connection.execute(text(statement.replace(":", "\\:")))
        assert (await check_ledger(connection)).faults
        await connection.rollback()


async def test_a_reading_that_misses_a_record_says_so(owner_pool: AsyncEngine) -> None:
    await _fill(owner_pool)
    for statements, start, number in (
        (["DELETE FROM ledger WHERE #9"], 0, 9),
        (["DELETE FROM ledger WHERE #599"], 300, 599),
        (["DELETE FROM ledger_batch WHERE first_number = 101"], 0, 101),
        (["DELETE FROM ledger_batch WHERE first_number = 101"], 150, 150),
        (["DELETE FROM ledger_batch WHERE first_number >= 301"], 0, 301),
    ):
        async with _unguarded(owner_pool) as connection:
            for statement in statements:
                await _run(connection, statement)
            for function in (None, "electricity"):
                with pytest.raises(RecordMissing, match=f"Record {number} ontbreekt"):
                    [one async for one in numbered_records(connection, start, SIZE, function)]


async def test_one_changed_record_is_one_fault(owner_pool: AsyncEngine) -> None:
    await _fill(owner_pool)
    async with _unguarded(owner_pool) as connection:
        await _run(connection, "DELETE FROM ledger WHERE #9")
        await _run(connection, "UPDATE ledger SET kind = 'x' WHERE #333")
        faults = (await check_ledger(connection)).faults
    assert faults == ["record 9 ontbreekt", "record 333 heeft kolommen die iets anders zeggen"]


async def test_a_past_rewritten_with_its_hashes_and_tree_needs_the_key(owner_pool: AsyncEngine) -> None:
    """A superuser makes all of the ledger anew around a changed record; the head it can't sign."""
    await _fill(owner_pool)
    async with _unguarded(owner_pool) as connection:
        before = (await check_ledger(connection)).root
        for stranger in (Signer.made(SIGNER.name), None):
            await _rewrite(connection, stranger)
            check = await check_ledger(connection)
            assert check.root != before
            assert any(f.startswith(f"de boomkop bij {SIZE} records") for f in check.faults)


async def test_a_past_rewritten_with_the_key_is_contradicted_by_a_head_that_someone_holds(
    owner_pool: AsyncEngine,
) -> None:
    await _fill(owner_pool)
    async with _unguarded(owner_pool) as connection:
        held = TreeHead(SIGNER.name, SIZE, (await check_ledger(connection)).root, NOW)
        await connection.execute(text("DELETE FROM tree_head WHERE size < 600"))
        await _rewrite(connection, SIGNER)
        assert (await check_ledger(connection)).faults == []
        (fault,) = (await check_ledger(connection, held)).faults
    assert fault == f"het grootboek begint niet met de {SIZE} records van uw boomkop"


async def test_the_sequencer_does_not_sign_a_past_that_was_rewritten(owner_pool: AsyncEngine) -> None:
    """Else the next head would, and who then drops the older heads needs no key."""
    await _fill(owner_pool)
    for change in ("", "UPDATE tree_head SET note = NULL", "DELETE FROM ledger_tile WHERE level = 1"):
        async with _unguarded(owner_pool) as connection:
            await connection.execute(text("DELETE FROM tree_head WHERE size < 600"))
            await _rewrite(connection, None)
            if change:
                await connection.execute(text(change))
            with pytest.raises(PastChanged, match="boomkop bij 600 records"):
                await number_all(connection, NOW)


async def test_a_false_handover_gets_no_number(pool: AsyncEngine) -> None:
    """Any worker may add a record: once this one is signed, the ledger never holds again."""
    stranger = Signer.made(SIGNER.name)
    async with transaction(pool) as connection:
        await number_all(connection, NOW)
        note = signed(NewKey(stranger.name, stranger.verifier, SIGNER.verifier).text(), stranger)
        await record(connection, [Entry("ledger-key", ("false",), None, NOW, {"note": note})])
        with pytest.raises(PastChanged, match="past niet bij zijn records: groep"):
            await number_all(connection, NOW)


async def test_a_ledger_made_anew_with_another_key_is_not_the_one_that_someone_knows(
    owner_pool: AsyncEngine,
) -> None:
    await _fill(owner_pool)
    stranger = Signer.made(SIGNER.name)
    async with _unguarded(owner_pool) as connection:
        for statement in (*_NO_TREE, *_NO_KEY):
            await _run(connection, statement)
        while await number_next(connection, NOW, stranger):
            pass
        assert (await check_ledger(connection)).faults == []
        check = await check_ledger(connection, key=SIGNER.verifier, unsigned=10**6)
        assert check.faults[0].startswith("het grootboek is niet ondertekend met de sleutel die u kent")
        with pytest.raises(KeyNotInForce):
            await number_all(connection, NOW)


async def test_the_sequencer_begins_by_itself_only_in_a_new_hub(owner_pool: AsyncEngine) -> None:
    """Else it would sign whatever is left when heads, numbers and keys are taken away."""
    await _fill(owner_pool)
    async with _unguarded(owner_pool) as connection:
        for statement in _NO_TREE:
            await _run(connection, statement)
            with pytest.raises(PastChanged, match="reservekopie"):
                await number_all(connection, NOW)
        for statement in _NO_KEY:
            await _run(connection, statement)
        long_ago = Entry("event-received", (), UUID(int=1), NOW - timedelta(days=2), {})
        await record(connection, [long_ago])
        with pytest.raises(NotBegun, match="kernhub ledger begin"):
            await number_all(connection, NOW)
        with pytest.raises(NotBegun, match="0 records hebben een nummer"):
            await begin(connection, NOW, SIGNER, SIZE)
        await begin(connection, NOW, SIGNER, 0)
        with pytest.raises(AlreadyBegun):
            await begin(connection, NOW, SIGNER, 0)
        assert (await check_ledger(connection, key=SIGNER.verifier)).faults == []
    async with _unguarded(owner_pool) as connection:
        for statement in (*_NO_KEY, "UPDATE tree_head SET note = NULL"):
            await _run(connection, statement)
        with pytest.raises(NotBegun, match="--unsigned 600"):
            await number_all(connection, NOW)


async def test_a_sequencer_does_not_go_on_from_an_older_head_than_it_signed(owner_pool: AsyncEngine) -> None:
    """Else who puts an older ledger back, with its head of then, could have its end written anew."""
    await _fill(owner_pool)
    async with _unguarded(owner_pool) as connection:
        root = (await check_ledger(connection)).root
        with pytest.raises(NotPutBack):
            await put_back(connection, NOW, SIGNER, SIZE, Signed(SIZE, root))
        assert await number_next(connection, NOW, SIGNER, signed=Signed(SIZE, root)) == 1
    async with _unguarded(owner_pool) as connection:
        for statement in (
            "DELETE FROM ledger WHERE batch IN (SELECT batch FROM ledger_batch WHERE first_number >= 501)",
            "DELETE FROM ledger_batch WHERE first_number >= 501",
            "DELETE FROM tree_head WHERE size > 501",
            "UPDATE ledger_tile SET hashes = substring(hashes, 1, 245 * 32) WHERE level = 0 AND place = 1",
            "DELETE FROM ledger_tile WHERE level = 0 AND place = 2",
            "UPDATE ledger_tile SET hashes = substring(hashes, 1, 32) WHERE level = 1",
        ):
            await _run(connection, statement)
        assert (await check_ledger(connection, key=SIGNER.verifier)).faults == []
        with pytest.raises(PastChanged, match="600 records ondertekend, en nu zijn er 501"):
            await number_next(connection, NOW, SIGNER, signed=Signed(SIZE, root))
        with pytest.raises(NotBegun, match="501 records met een nummer"):
            await put_back(connection, NOW, SIGNER, SIZE, Signed(SIZE, root))
        assert await put_back(connection, NOW, SIGNER, 501, Signed(SIZE, root)) == 2, "it says so itself"
        assert (await check_ledger(connection, key=SIGNER.verifier)).faults == []
        await record(connection, [Entry("test", ("other", n), None, NOW, {}) for n in range(SIZE)])
        await number_all(connection, NOW)
        with pytest.raises(PastChanged, match="eerste 600 records"):
            await number_next(connection, NOW, SIGNER, signed=Signed(SIZE, root))


async def _rewrite(connection: AsyncConnection, signer: Signer | None) -> None:
    """Record 300 says something else, and everything computed from it is computed again."""
    for statement in _REWRITTEN:
        await _run(connection, statement)
    query = "SELECT l.leaf_hash FROM numbered n JOIN ledger l USING (record_key) ORDER BY n.number"
    leaves = [bytes(leaf) for leaf in (await connection.execute(text(query))).scalars()]
    tree = Growing(0, {})
    await keep_tiles(connection, tree.add(b"".join(leaves)))
    statement = text("UPDATE tree_head SET root = :root, note = coalesce(:note, note) WHERE size = :size")
    note = signed_head(SIZE, tree.root(), NOW, signer) if signer else None
    await connection.execute(
        statement.bindparams(bindparam("note", type_=Text)), {"root": tree.root(), "note": note, "size": SIZE}
    )


_CHANGES = [
    "UPDATE ledger SET record = 'x'",
    "UPDATE ledger SET batch = 99",
    "DELETE FROM ledger",
    "TRUNCATE ledger",
    "UPDATE ledger_batch SET first_number = 99",
    "UPDATE ledger_batch SET leaf_hashes = 'x'",
    "DELETE FROM ledger_batch",
    "TRUNCATE ledger_batch",
    "UPDATE ledger_tile SET hashes = sha256('x')",
    "DELETE FROM ledger_tile",
    "TRUNCATE ledger_tile",
    "UPDATE tree_head SET note = NULL",
    "DELETE FROM tree_head",
    "TRUNCATE tree_head",
]


@pytest.mark.parametrize("statement", _CHANGES)
async def test_a_trigger_refuses_to_change_the_ledger_to_its_owner_too(
    owner_pool: AsyncEngine, statement: str
) -> None:
    async with transaction(owner_pool) as connection:
        await number_all(connection, NOW)
    with pytest.raises(DBAPIError, match="append-only"):
        async with transaction(owner_pool) as connection:
            await connection.execute(text(statement))


_OF_NO_RIGHT = [
    *_CHANGES,
    "UPDATE ledger_batch SET record_keys = '{}'",
    "UPDATE ledger_tile SET place = 9",
    "ALTER TABLE ledger DISABLE TRIGGER ALL",
    "DROP TABLE tree_head",
    "CREATE OR REPLACE FUNCTION ledger_append_only() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN END'",
    "SET session_replication_role = replica",
    "UPDATE alembic_version SET version_num = '0001'",
]
_OF_THE_SEQUENCER = {
    "UPDATE ledger_batch SET first_number = 99",
    "UPDATE ledger_tile SET hashes = sha256('x')",
}
"""What the workers' role may say, but a trigger refuses."""


async def test_the_role_of_the_workers_has_no_right_to_change_the_ledger(
    pool: AsyncEngine, settings: Settings
) -> None:
    async with transaction(pool) as connection:
        await record(connection, [Entry("test", (), None, NOW, {})])
        await number_all(connection, NOW)
        assert (await check_ledger(connection)).faults == []
    for statement in _OF_NO_RIGHT:
        refusal = "append-only" if statement in _OF_THE_SEQUENCER else "permission denied|must be owner"
        with pytest.raises(DBAPIError, match=refusal):
            async with transaction(pool) as connection:
                await connection.execute(text(statement))
    await must_be_prepared(pool)


async def test_a_hub_whose_role_may_change_the_ledger_does_not_start(
    owner_pool: AsyncEngine, pool: AsyncEngine, settings: Settings
) -> None:
    with pytest.raises(MayChangeLedger, match="KERNHUB_DATABASE_OWNER_URL"):
        await must_be_prepared(owner_pool)
    with pytest.raises(MayChangeLedger):
        await prepare_store(as_owner(settings))
    async with transaction(owner_pool) as connection:
        await connection.execute(text(f"GRANT DELETE ON ledger TO {app_role_of(settings).name}"))
    with pytest.raises(MayChangeLedger):
        await prepare_store(settings.for_workers())
    await prepare_store(settings)
    await must_be_prepared(pool)


async def test_a_worker_waits_for_tables_of_its_own_version(
    owner_pool: AsyncEngine, settings: Settings
) -> None:
    async with transaction(owner_pool) as connection:
        await connection.execute(text("UPDATE alembic_version SET version_num = '0001'"))
    with pytest.raises(DatabaseNotPrepared, match="kernhub prepare"):
        await prepare_store(settings.for_workers())
    async with transaction(owner_pool) as connection:
        await connection.execute(text("DROP TABLE alembic_version"))
    with pytest.raises(DatabaseNotPrepared, match="kernhub prepare"):
        await prepare_store(settings.for_workers())
