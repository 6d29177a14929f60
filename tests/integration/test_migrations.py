"""A hub that has been at work goes on after a migration."""

from datetime import UTC, date, datetime, timedelta
from uuid import uuid4

import pytest
from alembic import command
from sqlalchemy import Connection, text
from sqlalchemy.ext.asyncio import AsyncEngine

from hub.rules.ledger.tiles import Growing
from hub.rules.ledger.tree import leaf_hash
from hub.rules.throttle.slots import Slots
from hub.settings import Settings
from hub.store import migrate as migrating
from hub.store.database import transaction
from hub.store.ledger.checks import check_ledger
from hub.store.ledger.keys import NotBegun
from hub.store.ledger.numbering import begin
from hub.store.ledger.records import Entry, record
from hub.store.mail import told
from hub.store.migrate import migrate
from hub.store.privileges import app_role_of
from hub.store.throttle.lines import find_standing
from tests.ledgers import SIGNER, number_all

SLOT = 2995
_OF_BEFORE = (
    "INSERT INTO operator_lock VALUES ('enexis', 2995), ('wml', NULL)",
    "INSERT INTO slot_done VALUES (2995)",
    "INSERT INTO bundle VALUES (gen_random_uuid(), 'enexis', 2995, now())",
    "INSERT INTO item (item_key, operator, merge_key, functions, tlp, opened_at, state) "
    "VALUES (gen_random_uuid(), 'enexis', 'm', '{electricity}', 'GREEN', now(), 'waiting')",
)
_REQUEST = text(
    "INSERT INTO request (event_key, operator, asker, item_key, areas, needed_by, state, received_at) "
    "SELECT gen_random_uuid(), 'enexis', :asker, item_key, '{GM0935}', :needed_by, 'waiting', :at FROM item"
)


def _to(revision: str, connection: Connection) -> None:
    command.upgrade(migrating._config(connection), revision)


async def test_a_line_of_before_turns_waits_on_with_its_budget_and_an_end(
    owner_pool: AsyncEngine, settings: Settings
) -> None:
    asked = Slots().moment(SLOT) - timedelta(days=2)
    async with transaction(owner_pool) as connection:
        await connection.execute(text("DROP SCHEMA public CASCADE"))
        await connection.execute(text("CREATE SCHEMA public"))
        await connection.run_sync(lambda plain: _to("0005", plain))
        for statement in _OF_BEFORE:
            await connection.execute(text(statement))
        for asker, needed_by in (("gm0935", None), ("gm0994", date(2027, 7, 1))):
            await connection.execute(_REQUEST, {"asker": asker, "needed_by": needed_by, "at": asked})
    await migrate(owner_pool, app_role_of(settings))
    async with transaction(owner_pool) as connection:
        line, first, _ = await find_standing(connection, "enexis", Slots().moment(SLOT) + timedelta(days=1))
        runs = await connection.execute(text("SELECT last_run FROM operator_lock"))
        assert set(runs.scalars()) == {SLOT}
        assert await connection.scalar(text("SELECT slot_at FROM bundle")) == Slots().moment(SLOT)
    assert (line.sent, first) == ((SLOT,), SLOT + 1)
    (item,) = line.waiting
    assert {asking.asker: asking.expires for asking in item.askings} == {
        "gm0935": asked + timedelta(weeks=27),
        "gm0994": datetime(2027, 7, 15, 22, tzinfo=UTC),
    }


async def test_a_ledger_of_before_it_was_signed_holds_and_goes_on_signed(
    owner_pool: AsyncEngine, settings: Settings
) -> None:
    now = datetime(2027, 6, 1, 8, tzinfo=UTC)
    records = [b'{"event":null,"kind":"test","n":%d}' % n for n in range(300)]
    async with transaction(owner_pool) as connection:
        await connection.execute(text("DROP SCHEMA public CASCADE"))
        await connection.execute(text("CREATE SCHEMA public"))
        await connection.run_sync(lambda plain: _to("0012", plain))
        tree = Growing(0, {})
        for number, one in enumerate(records):
            tree.add(leaf_hash(one))
            row = {"record": one, "leaf": leaf_hash(one), "number": number if number < 280 else None}
            await connection.execute(
                text("INSERT INTO ledger VALUES (gen_random_uuid(), 'test', NULL, :record, :leaf, :number)"),
                row,
            )
            if number in (99, 279):
                head = {"size": tree.size, "root": tree.root(), "subtrees": [tree.root()], "at": now}
                await connection.execute(
                    text("INSERT INTO tree_head VALUES (:size, :root, :subtrees, :at)"), head
                )
    await migrate(owner_pool, app_role_of(settings))
    async with transaction(owner_pool) as connection:
        with pytest.raises(NotBegun, match="kernhub ledger begin --unsigned 280"):
            await number_all(connection, now)
        with pytest.raises(NotBegun):
            await begin(connection, now, SIGNER, 100)
        assert await begin(connection, now, SIGNER, 280) == 21
        await number_all(connection, now)
        check = await check_ledger(connection, key=SIGNER.verifier, unsigned=280)
        assert (check.size, check.faults, check.unsigned) == (301, [], 2)
        check = await check_ledger(connection, key=SIGNER.verifier, unsigned=100)
        assert check.faults == ["de boomkop bij 280 records: niet ondertekend"]


async def test_mails_of_before_the_ledger_told_what_they_say_hold_and_can_be_taken_back(
    owner_pool: AsyncEngine, settings: Settings
) -> None:
    now = datetime(2027, 6, 1, 8, tzinfo=UTC)
    here, gone, event = uuid4(), uuid4(), uuid4()
    said = {"party": "gm0935", "mail_kind": "digest", "events": [str(event)], "register": 1}
    async with transaction(owner_pool) as connection:
        await connection.execute(text("DROP SCHEMA public CASCADE"))
        await connection.execute(text("CREATE SCHEMA public"))
        await connection.run_sync(lambda plain: _to("0031", plain))
        mail = (
            "INSERT INTO mail (mail_key, party, kind, address, tlp, subject, body, made_at, state, "
            "register_version) VALUES (:key, 'gm0935', 'digest', 'a@b.example', 'GREEN', 's', 'b', :at, "
            "'queued', 1)"
        )
        await connection.execute(text(mail), {"key": here, "at": now})
        back = {"mail": str(gone), "party": "gm0935"}
        entries = [
            *(
                Entry("mail-composed", (key, 1), None, now, {"mail": str(key), **said})
                for key in (here, gone)
            ),
            Entry("mail-taken-back", (gone, now.isoformat()), None, now, back),
        ]
        await record(connection, entries)
    await migrate(owner_pool, app_role_of(settings))
    async with transaction(owner_pool) as connection:
        await number_all(connection, now)
        assert (await check_ledger(connection, key=SIGNER.verifier)).faults == []
        await told.take_back(connection, [told.Taken(here, "again", {})], now)
        await number_all(connection, now)
        assert (await check_ledger(connection, key=SIGNER.verifier)).faults == []
        ((_, back),) = await told.taken_back(connection, event, [])
        assert (back["mail"], back["events"]) == (str(here), [str(event)])
        ((_, back),) = await told.taken_back(connection, uuid4(), [gone])
        assert back["mail"] == str(gone)
