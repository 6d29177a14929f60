"""Whoever changes a table that an answer, an export, a replay or a proof leans on is found out, by `ledger
verify`, `replay check` or `replay rebuild`, and what was changed is named."""

import re
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from consumers.commands.rebuild import rebuild
from consumers.commands.replay_check import check
from hub.kafka.broker import Publisher
from hub.rules.ledger.selecting import Selection
from hub.rules.throttle.policy import Policy
from hub.store.database import transaction
from hub.store.ledger.checks import check_ledger
from hub.store.throttle.pacing import set_pace
from tests.fed import NOW, Hub
from tests.ledgers import SIGNER, number_all
from tests.rich_story import Story, changed, forgotten, in_crisis, steered

_WHERE = "event_key = (SELECT event_key FROM event ORDER BY event_key LIMIT 1)"
_OF_KEPT = "event_key = (SELECT event_key FROM claim WHERE salt IS NOT NULL ORDER BY event_key LIMIT 1)"
_COPY = "INSERT INTO {0} SELECT (jsonb_populate_record({0}, jsonb_build_object({1}))).* FROM {0} LIMIT 1"
_CLEARED = (
    "UPDATE register_entry SET facts = jsonb_set(facts, '{{clearance}}', '\"CLEAR\"') WHERE kind = 'party'"
)
VERIFIED: Sequence[tuple[str, str, str]] = [
    (
        "the content of an event",
        "UPDATE event SET content = jsonb_set(content, '{{time}}', '1')",
        "veranderd of weg",
    ),
    (
        "its functions, by which an export chooses",
        "UPDATE event SET functions = '{{nuclear}}'",
        "veranderd of weg",
    ),
    ("its areas", "UPDATE event SET areas = '{{NL}}'", "veranderd of weg"),
    ("its label", "UPDATE event SET tlp = 'CLEAR'", "veranderd of weg"),
    ("its publisher", "UPDATE event SET publisher = 'acm'", "veranderd of weg"),
    ("when it came in", "UPDATE event SET accepted_at = accepted_at - interval '1 day'", "veranderd of weg"),
    ("by which register it was decided", "UPDATE event SET register_version = 99", "veranderd of weg"),
    ("an event dropped", "DELETE FROM event WHERE {where}", "veranderd of weg"),
    (
        "an event inserted",
        _COPY.format("event", "'event_key', gen_random_uuid()"),
        "is ingevoegd: geen record",
    ),
    ("the salt of a content", "UPDATE claim SET salt = sha256('x') WHERE {kept}", "veranderd of weg"),
    ("the salt of a content forgotten", "UPDATE claim SET salt = NULL WHERE {kept}", "veranderd of weg"),
    ("a claim dropped", "DELETE FROM claim WHERE {kept}", "veranderd of weg"),
    (
        "the hash of a claim",
        "UPDATE claim SET content_hash = sha256('x') WHERE {kept}",
        "wordt herkend, is veranderd",
    ),
    (
        "a removal made up",
        "INSERT INTO removal SELECT event_key, 'erased', NULL, now() FROM claim WHERE {kept}",
        "geen record vertelt dat haar inhoud",
    ),
    (
        "a removal dropped",
        "DELETE FROM removal WHERE event_key = (SELECT event_key FROM removal LIMIT 1)",
        "noemt haar niet",
    ),
    (
        "why a content was removed",
        "UPDATE removal SET why = 'retention' WHERE why = 'erased'",
        "geen record vertelt dat haar inhoud",
    ),
    ("what a mail said", "UPDATE mail SET subject = 'x' WHERE salt IS NOT NULL", "is veranderd"),
    ("to whom a mail went", "UPDATE mail SET party = 'acm'", "van een andere partij of soort"),
    ("what sort of mail it was", "UPDATE mail SET kind = 'notice'", "van een andere partij of soort"),
    ("a mail dropped", "DELETE FROM mail WHERE kind = 'bundle'", "ontbreekt: het is gemaakt"),
    (
        "a mail inserted",
        _COPY.format("mail", "'mail_key', gen_random_uuid(), 'salt', '\\x00'"),
        "is ingevoegd: geen record",
    ),
    (
        "what the register said of a party",
        f"{_CLEARED} AND added_in = 1",
        "wat versie 1 van het register bracht",
    ),
    (
        "an entry of the register dropped",
        "DELETE FROM register_entry WHERE kind = 'role'",
        "wat versie 1 van het register bracht",
    ),
    (
        "an entry of the register ended",
        "UPDATE register_entry SET removed_in = 2 WHERE kind = 'role'",
        "wat versie 2 van het register bracht",
    ),
    (
        "an entry moved to another day",
        "UPDATE register_entry SET since = since - 1 WHERE kind = 'area'",
        "wat versie 1 van het register bracht",
    ),
    (
        "an entry in a version that is not there",
        "UPDATE register_entry SET removed_in = 99 WHERE kind = 'role'",
        "versie 99 ingevoegd",
    ),
    (
        "the day of a version",
        "UPDATE register_version SET on_day = on_day - 9 WHERE version = 1",
        "versie 1 van het register is van een andere dag",
    ),
    (
        "who made a version",
        "UPDATE register_version SET by = 'acm' WHERE version = 1",
        "versie 1 van het register is van een andere dag",
    ),
    (
        "the newest version dropped",
        "DELETE FROM register_version WHERE version = (SELECT max(version) FROM register_version)",
        "van het register ontbreekt",
    ),
    (
        "a version inserted",
        "INSERT INTO register_version (version, on_day, by, made_at)"
        " SELECT 99, on_day, by, made_at FROM register_version WHERE version = 1",
        "versie 99 van het register is ingevoegd",
    ),
    (
        "the salt of a version",
        "UPDATE register_version SET salt = NULL",
        "wat versie 1 van het register bracht",
    ),
    (
        "the pace of an operator",
        "UPDATE operator_policy SET policy = jsonb_set(policy, '{{bundles}}', '99')",
        "vanaf beurt",
    ),
    ("a pace dropped", "DELETE FROM operator_policy", "ontbreekt"),
    (
        "a pace inserted",
        _COPY.format("operator_policy", "'operator', 'wml'"),
        "het tempo van wml vanaf beurt",
    ),
    ("a refusal forgotten", "DELETE FROM ledger WHERE kind = 'event-routed'", "ontbreekt"),
]
"""A way, its statement, and what `verify` says of it."""
REBUILT: dict[str, str] = {
    "audience": "UPDATE audience SET parties = array_append(parties, 'acm') WHERE {where}",
    "outcome": "DELETE FROM outcome WHERE party = 'pv31'",
    "request": "UPDATE request SET asker = 'wml' WHERE asker = 'gm0935'",
    "item": "UPDATE item SET state = 'waiting' WHERE state = 'answered'",
    "bundle": "UPDATE bundle SET released_at = released_at - interval '1 day'",
    "bundle_item": "UPDATE bundle_item SET number = number + 1000",
    "reminder": "UPDATE reminder SET withheld = 'x', mail_key = NULL",
    "reminded": "DELETE FROM reminded",
    "mail": "UPDATE mail SET state = 'failed' WHERE state = 'sent'",
    "served": "DELETE FROM served",
    "answer": "DELETE FROM answer",
    "kept_answer": "DELETE FROM kept_answer",
    "resolution": "DELETE FROM resolution",
    "steering": "DELETE FROM steering",
    "sheet": "DELETE FROM sheet",
    "pressing": "DELETE FROM pressing",
    "lapse": "DELETE FROM lapse",
    "question_word": "DELETE FROM question_word",
}
"""By table: a statement that only a rebuild finds out."""
_TABLES = (
    "ledger",
    "ledger_batch",
    "event",
    "claim",
    "removal",
    "mail",
    "register_entry",
    "register_version",
    "operator_policy",
    *REBUILT,
)


@asynccontextmanager
async def _unguarded(pool: AsyncEngine) -> AsyncIterator[AsyncConnection]:
    async with pool.connect() as connection:
        for table in dict.fromkeys(_TABLES):
            await connection.execute(text(f"ALTER TABLE {table} DISABLE TRIGGER ALL"))
        yield connection
        await connection.rollback()


async def _run(connection: AsyncConnection, statement: str) -> int:
    whole = statement.format(where=_WHERE, kept=_OF_KEPT)
    return (await connection.execute(text(re.sub(r"(?<!:):(?!:)", r"\\:", whole)))).rowcount


async def test_what_is_changed_beside_the_ledger_is_found_and_named(
    hub: Hub, owner_pool: AsyncEngine, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    async with Publisher(hub.settings) as publisher:
        story = Story(hub, publisher)
        for part in (steered, in_crisis, changed):
            await part(story)
        async with transaction(hub.pool) as connection:
            now = NOW.replace(year=2028)
            await set_pace(connection, "enexis", lambda _: Policy(bundles=1), "enexis", now, dry_run=False)
        await forgotten(story, tmp_path)
    async with transaction(hub.pool) as connection:
        await number_all(connection, NOW)
        assert (await check_ledger(connection, key=SIGNER.verifier)).faults == []
    missed: dict[str, list[str]] = {}
    for way, statement, named in VERIFIED:
        async with _unguarded(owner_pool) as connection:
            assert await _run(connection, statement), way
            faults = (await check_ledger(connection, key=SIGNER.verifier)).faults
            if not any(named in fault for fault in faults):
                missed[way] = faults
    assert missed == {}
    assert len(VERIFIED) + len(REBUILT) >= 50
    assert await check(hub.settings, Selection()) == 0
    async with transaction(hub.pool) as connection:
        await number_all(connection, NOW)
    capsys.readouterr()
    assert await rebuild(hub.settings, None) == 0
    async with _unguarded(owner_pool) as connection:
        changes = {table: await _run(connection, statement) for table, statement in REBUILT.items()}
        assert 0 not in changes.values(), changes
        await connection.commit()
        await number_all(connection, NOW)
        await connection.commit()
    assert await rebuild(hub.settings, None) == 1
    (unlike,) = re.findall(r"Niet gelijk: (.*)\.", capsys.readouterr().err)
    assert set(unlike.split(", ")) >= REBUILT.keys()
    for statement, told in (
        (_CLEARED, "gaat nu anders"),
        (
            "UPDATE event SET content = jsonb_set(content, '{{time}}', '1')",
            "de inhoud is er niet meer, of is",
        ),
    ):
        async with _unguarded(owner_pool) as connection:
            assert await _run(connection, statement)
            await connection.commit()
        assert await check(hub.settings, Selection()) == 1
        assert told in capsys.readouterr().err
