"""How fast like questions are found through the whole hub: the API's own search over PostgreSQL.

    python -m bench.lookup [--open 100000]

Of all open questions each municipality may know one in a hundred, the core team of the function all of them.
Times are of one machine on one day.
"""

import argparse
import asyncio
import json
import shutil
import statistics
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import asyncpg

from bench.routing import say
from bench.similar_questions import many
from consumers.collecting import collect_rarely, leave_out_what_is_there
from consumers.local.processes import Processes
from consumers.local.services import local_services
from hub.asking import example_questions
from hub.asking.alike_questions import AlikeQuestions
from hub.register.seed import seed_history
from hub.rules.identity import derived_key
from hub.settings import Settings
from hub.store.database import as_owner, dsn, opened
from hub.store.migrate import migrate
from hub.store.privileges import app_role_of
from hub.store.register.registers import Registers, seed_if_empty
from schemas.terms import FunctionSlug

_VAR = Path("var/bench-lookup")
_AT = datetime(2027, 3, 9, 12, tzinfo=UTC)
_LOOKUPS = 60
_REGISTER = seed_history().on(_AT.date())
_TOWNS = [slug for slug, party in sorted(_REGISTER.parties.items()) if slug.startswith("gm")][:100]


class _Clock:
    """Costs no more than that of the system, which a hub has outside scenarios."""

    async def now(self) -> datetime:
        return _AT


async def _main(count: int) -> None:
    collect_rarely()
    await asyncio.to_thread(shutil.rmtree, _VAR, ignore_errors=True)
    async with (
        local_services(Settings(var=_VAR), Processes(), say) as services,
        opened(as_owner(services)) as pool,
    ):
        await migrate(pool, app_role_of(services))
        await seed_if_empty(pool, seed_history(), _AT)
        connection = await asyncpg.connect(dsn(as_owner(services)))
        try:
            await _fill(connection, count)
        finally:
            await connection.close()
        clock = _Clock()
        questions = AlikeQuestions(pool, Registers(pool, clock), clock)
        begin = time.perf_counter()
        await questions.grow()
        say(f"  grown in {time.perf_counter() - begin:.1f} s, as a server does when it starts")
        leave_out_what_is_there()
        for party in (_TOWNS[0], _REGISTER.functions[FunctionSlug.ELECTRICITY].core_team):
            await _measure(questions, party)


async def _measure(questions: AlikeQuestions, party: str) -> None:
    texts = example_questions.texts(example_questions.pairs())[:_LOOKUPS]
    took, found = [], 0
    for text in texts:
        begin = time.perf_counter()
        found += len((await questions.find(party, [FunctionSlug.ELECTRICITY], [], text)).questions)
        took.append((time.perf_counter() - begin) * 1e3)
    p99 = statistics.quantiles(took, n=100)[98]
    say(
        f"  {party}: median {statistics.median(took):.0f} ms, p99 {p99:.0f} ms;"
        f" {found / len(texts):.1f} found"
    )


async def _fill(connection: "asyncpg.Connection[asyncpg.Record]", count: int) -> None:
    say(f"{count} open questions of {len(_TOWNS)} municipalities ...")
    core_team = _REGISTER.functions[FunctionSlug.ELECTRICITY].core_team
    planning = await connection.fetchval("INSERT INTO planning DEFAULT VALUES RETURNING planning")
    rows: dict[str, list[dict[str, Any]]] = {"event": [], "audience": [], "item": [], "request": []}
    for number, (name, text) in enumerate(many(example_questions.texts(example_questions.pairs()), count)):
        town = _TOWNS[number % len(_TOWNS)]
        key, at = derived_key(name), _AT - timedelta(seconds=number)
        same = {"event_key": key, "areas": [town.upper()]}
        rows["event"].append(
            same
            | {
                "type": "nl.vitale-functies.question.raised.v1",
                "subject": name,
                "functions": ["electricity"],
                "tlp": "GREEN",
                "publisher": town,
                "accepted_at": at,
                "content": json.dumps(_content(name, town, at, text)),
                "register_version": 1,
            }
        )
        rows["audience"].append(
            {
                "event_key": key,
                "channel": "mail",
                "mode": "digest",
                "parties": [core_team],
                "reasons": '[["core-team", "electricity"]]',
                "register_version": 1,
                "planned_at": at,
                "is_open": True,
                "planning": planning,
            }
        )
        asked = {"operator": "enexis", "merge_key": name, "library_key": name, "state": "waiting"}
        rows["item"].append(
            asked | {"item_key": key, "functions": ["electricity"], "tlp": "GREEN", "opened_at": at}
        )
        rows["request"].append(
            same
            | asked
            | {
                "asker": town,
                "item_key": key,
                "expires_at": at + timedelta(weeks=26),
                "received_at": at,
                "half_way_at": at + timedelta(weeks=13),
            }
        )
    for table, some in rows.items():
        await connection.copy_records_to_table(
            table, records=[tuple(row.values()) for row in some], columns=list(some[0])
        )
    await connection.execute("VACUUM ANALYZE event, audience, item, request")


def _content(name: str, town: str, at: datetime, text: str) -> dict[str, Any]:
    return {
        "specversion": "1.0",
        "id": name,
        "source": f"urn:nld:oin:{_REGISTER.parties[town].oin}:systeem:bench",
        "type": "nl.vitale-functies.question.raised.v1",
        "time": at.isoformat(),
        "subject": name,
        "datacontenttype": "application/json",
        "functions": "electricity",
        "areas": town.upper(),
        "tlp": "GREEN",
        "data": {"asked": ["enexis"], "text": text},
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--open", type=int, default=100_000, help="how many open questions")
    asyncio.run(_main(parser.parse_args().open))


if __name__ == "__main__":
    main()
