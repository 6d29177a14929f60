"""Digests through random schedules, absences, holidays, clock changes and rights that are withdrawn: each
item once, complete, never an empty mail, and nothing that its reader may not see when the mail is made."""

import json
import re
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from itertools import count
from typing import Any

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from consumers.mail.composing import Composer
from hub.register.history import Kind
from hub.rules.identity import event_key
from hub.rules.moments import AMSTERDAM
from hub.rules.policy import Mode
from hub.rules.preferences import USUAL, Preferences, latest_digest
from hub.rules.relations import Reason, Relation
from hub.rules.throttle.slots import is_working_day
from hub.rules.ties import Tied
from hub.settings import Settings
from hub.store import tables
from hub.store.clock import clock_of, move_clock
from hub.store.database import transaction
from hub.store.exchanges import NewDeliveries, NewEvent, keep_events, plan_deliveries
from hub.store.mail.preferences import change_preferences
from hub.store.register.registers import Registers
from schemas.terms import Tlp
from tests.registers import HISTORY, save, with_facts
from tests.samples import MAASTRICHT, sample

_PARTIES = ("pv31", "vr24")
_TIES = {"pv31": Relation.PROVINCE, "vr24": Relation.SAFETY_REGION}
_stories = count()
# Before Easter and summer time, the end of summer time, Christmas, and an ordinary month.
_STARTS = (date(2027, 3, 24), date(2027, 10, 28), date(2027, 12, 22), date(2027, 6, 8))
_wanted = st.builds(
    Preferences,
    weekdays=st.sets(st.integers(0, 6), min_size=1).map(lambda days: tuple(sorted(days))),
    hour=st.sampled_from([0, 2, 3, 8, 23]),
    working_days=st.booleans(),
    **{
        name: st.just(value) for name, value in USUAL._asdict().items() if name not in Preferences._fields[:3]
    },
)
_steps = st.one_of(
    st.tuples(st.just("tell"), st.sampled_from(["GREEN", "AMBER"]), st.sampled_from(list(Mode))),
    st.tuples(st.just("want"), st.sampled_from(_PARTIES), _wanted),
    st.tuples(st.just("away"), st.sampled_from(_PARTIES), st.integers(0, 12)),
    st.tuples(st.just("clearance"), st.sampled_from([Tlp.GREEN, Tlp.RED]), st.none()),
)
_stories_of = st.lists(st.tuples(st.integers(1, 70), _steps), min_size=4, max_size=14)


class _Story:
    """A hub's mails, with what should come of them kept beside."""

    def __init__(self, pool: AsyncEngine, chosen: Settings, start: datetime):
        clock = clock_of(chosen, pool)
        self.pool, self.now, self.name = pool, start, next(_stories)
        self.composer = Composer(chosen, pool, Registers(pool, clock), clock)
        self.wanted = dict.fromkeys(_PARTIES, USUAL)
        self.may = Tlp.RED
        self.told: dict[str, str] = {}
        self.at: dict[datetime, Tlp] = {}

    async def tell(self, tlp: str, mode: Mode) -> None:
        name = f"{self.name}x{len(self.told)}x"
        content = sample(name, "knowledge.shared", tlp=tlp, data={"title": f"Les {name}"})
        key = event_key(MAASTRICHT, name)
        about = ("zaak", ["electricity"], ["GM0935"], tlp, "gm0935", self.now, json.dumps(content), 1)
        async with transaction(self.pool) as connection:
            await keep_events(connection, [NewEvent(key, content["type"], *about)])
            for party in _PARTIES:
                tied = Tied((party,), Tlp.RED, (Reason(_TIES[party], None, "GM0935"),))
                await plan_deliveries(connection, [NewDeliveries(key, tied, mode, 1, self.now)])
        self.told[name] = tlp

    async def want(self, party: str, wanted: Preferences) -> None:
        self.wanted[party] = wanted
        async with transaction(self.pool) as connection:
            await change_preferences(connection, party, lambda _: wanted, "test", self.now)

    async def away(self, party: str, days: int) -> None:
        today = self.now.astimezone(AMSTERDAM).date()
        away = {"away_from": today, "away_until": today + timedelta(days=days)}
        await self.want(party, self.wanted[party]._replace(**away))

    async def clearance(self, may: Tlp, _: None) -> None:
        self.may = may
        await save(self.pool, with_facts(HISTORY, Kind.PARTY, "pv31", clearance=may))

    async def compose(self) -> None:
        """Composes at this moment: of what was planned before the last digest nothing waits any more."""
        async with transaction(self.pool) as connection:
            await move_clock(connection, self.now)
        self.at[self.now] = self.may
        await self.composer.compose()
        delivery = tables.delivery.c
        for row in await self.rows(tables.delivery, delivery.mail_key.is_(None), delivery.withheld.is_(None)):
            latest = latest_digest(self.wanted[row.party], self.now)
            assert row.mode == Mode.DIGEST
            assert latest is None or row.planned_at > latest

    async def rows(self, table: Any, *conditions: Any) -> list[Any]:
        async with transaction(self.pool) as connection:
            return list((await connection.execute(table.select().where(*conditions))).all())

    async def is_exact(self) -> None:
        mails = {row.mail_key: row for row in await self.rows(tables.mail)}
        for party in _PARTIES:
            mine = [row for row in mails.values() if row.party == party]
            times = Counter(name for row in mine for name in re.findall(r"Les (\d+x\d+x)$", row.body, re.M))
            outcomes = await self.rows(tables.outcome, tables.outcome.c.party == party)
            keys = {event_key(MAASTRICHT, name): name for name in self.told}
            mailed = {keys[row.event_key] for row in outcomes if row.mail_key}
            assert times == dict.fromkeys(mailed, 1), "each item once, in the mail of its outcome"
            assert {keys[row.event_key] for row in outcomes} == set(self.told), "complete"
            held = {keys[row.event_key] for row in outcomes if row.withheld}
            assert party == "pv31" or not held
            assert all(self.told[name] == "AMBER" for name in held)
            assert {row.withheld for row in outcomes if row.withheld} <= {"clearance-too-low"}
            for row in mine:
                inside = re.findall(r"Les (\d+x\d+x)$", row.body, re.M)
                assert inside, "never empty"
                assert party != "pv31" or self.at[row.made_at] is Tlp.RED or row.tlp == "GREEN"
                assert row.kind == "immediate" or f"{len(inside)} bericht" in row.subject


async def _begin(owner_pool: AsyncEngine, start: datetime) -> None:
    async with transaction(owner_pool) as connection:
        await connection.execute(text("TRUNCATE audience, outcome, mail, event, mail_preference, clock"))
        await move_clock(connection, start)


@settings(
    max_examples=6,
    deadline=None,
    phases=[Phase.generate],  # to shrink a story takes many minutes
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(day=st.sampled_from(_STARTS), steps=_stories_of)
async def test_each_item_comes_once_and_none_that_its_reader_may_not_see(
    settings: Settings, pool: AsyncEngine, owner_pool: AsyncEngine, day: date, steps: list[Any]
) -> None:
    start = datetime(day.year, day.month, day.day, 6, tzinfo=UTC)
    await _begin(owner_pool, start)
    await save(pool, HISTORY)
    story = _Story(pool, settings.model_copy(update={"clock": "scenario"}), start)
    await story.tell("GREEN", Mode.DIGEST)
    for hours, (what, *how) in steps:
        await getattr(story, what)(*how)
        await story.compose()
        story.now += timedelta(hours=hours)
    # The longest absence, a week of days off, and the week in which each of the days comes.
    for _ in range(4):
        story.now += timedelta(days=8)
        await story.compose()
    await story.is_exact()


def test_the_months_have_holidays_and_changes_of_the_clock() -> None:
    days = [start + timedelta(days=ahead) for start in _STARTS for ahead in range(14)]
    assert any(day.weekday() < 5 and not is_working_day(day) for day in days)
    offsets = {datetime(day.year, day.month, day.day, 12, tzinfo=AMSTERDAM).utcoffset() for day in days}
    assert len(offsets) == 2
