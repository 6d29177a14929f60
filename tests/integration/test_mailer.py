"""The mailer on a real database: what is composed, and what is held back."""

import asyncio
import json
import re
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncEngine

from connectors.mailbox import flood, texts
from consumers.mail import composing, digests, singles
from consumers.mail.mailer import Mailer
from hub.register.history import Kind
from hub.rules.flooding import TOGETHER
from hub.rules.identity import event_key
from hub.rules.policy import Mode
from hub.rules.preferences import USUAL
from hub.rules.relations import Reason, Relation
from hub.rules.ties import Tied
from hub.settings import Settings
from hub.store import tables
from hub.store.clock import clock_of, move_clock
from hub.store.database import transaction
from hub.store.exchanges import NewDeliveries, NewEvent, keep_events, plan_deliveries
from hub.store.mail import mail_queue
from hub.store.mail.digests import close_digests
from hub.store.mail.mails import mark_bounced, take_back
from hub.store.mail.preferences import change_preferences
from hub.store.register.registers import Registers
from schemas.terms import Tlp
from tests.registers import HISTORY, save, with_facts
from tests.samples import MAASTRICHT, sample

NOW = datetime(2027, 6, 7, 6, 0, tzinfo=UTC)


async def _keep(pool: AsyncEngine, event_id: str, mode: Mode, **changes: object) -> None:
    content = sample(event_id, **changes)
    key = event_key(MAASTRICHT, event_id)
    event = NewEvent(
        key,
        content["type"],
        "zaak",
        ["electricity"],
        ["GM0935"],
        content["tlp"],
        "gm0935",
        NOW,
        json.dumps(content),
        1,
    )
    why = (Reason(Relation.PROVINCE, None, "GM0935"),)
    async with transaction(pool) as connection:
        await move_clock(connection, NOW)
        await keep_events(connection, [event])
        await plan_deliveries(connection, [NewDeliveries(key, Tied(("pv31",), Tlp.RED, why), mode, 1, NOW)])


async def _compose(settings: Settings, pool: AsyncEngine) -> tuple[dict[str, str | None], int]:
    """Why each delivery was withheld, by event id, and how many mails there are."""
    chosen = settings.model_copy(update={"clock": "scenario"})
    await Mailer(chosen, pool, Registers(pool, clock_of(chosen, pool)), clock_of(chosen, pool)).compose()
    async with transaction(pool) as connection:
        rows = await connection.execute(
            select(tables.event.c.content, tables.delivery.c.withheld).join(
                tables.delivery, tables.delivery.c.event_key == tables.event.c.event_key
            )
        )
        mails = (await connection.execute(select(tables.mail.c.mail_key))).all()
        return {row.content["id"]: row.withheld for row in rows}, len(mails)


@pytest.mark.parametrize("mode", list(Mode))
async def test_an_event_that_breaks_composing_stops_no_other(
    settings: Settings, pool: AsyncEngine, mode: Mode
) -> None:
    await _keep(pool, "stuk", mode, type="nl.vitale-functies.onbekend.v1")
    await _keep(pool, "heel", mode)
    assert await _compose(settings, pool) == ({"stuk": "could-not-compose", "heel": None}, 1)


@pytest.mark.parametrize("mode", list(Mode))
async def test_a_clearance_that_was_withdrawn_since_holds_the_delivery_back(
    settings: Settings, pool: AsyncEngine, mode: Mode
) -> None:
    await _keep(pool, "vertrouwelijk", mode, tlp="AMBER")
    await save(pool, with_facts(HISTORY, Kind.PARTY, "pv31", clearance=Tlp.GREEN))
    assert await _compose(settings, pool) == ({"vertrouwelijk": "clearance-too-low"}, 0)


@pytest.mark.parametrize("mode", list(Mode))
async def test_who_has_nothing_to_do_with_it_any_more_gets_no_mail(
    settings: Settings, pool: AsyncEngine, mode: Mode
) -> None:
    await _keep(pool, "vertrouwelijk", mode, tlp="AMBER")
    await save(pool, with_facts(HISTORY, Kind.PARTY, "pv31", areas=("PV20",)))
    assert await _compose(settings, pool) == ({"vertrouwelijk": "no-relation"}, 0)


async def test_of_a_burst_what_is_urgent_is_composed_first_and_the_rest_a_while_at_a_time(
    settings: Settings, pool: AsyncEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(singles, "_AT_ONCE", 1)
    monkeypatch.setattr(composing, "_A_WHILE_SECONDS", 0.0)
    for name in ("een", "twee", "drie"):
        await _keep(pool, name, Mode.IMMEDIATE)
    crisis = {"crisis": "Hoogwater", "text": "De Maas staat hoog."}
    await _keep(pool, "haast", Mode.IMMEDIATE, kind="situation.opened", data=crisis)
    chosen = settings.model_copy(update={"clock": "scenario"})
    clock = clock_of(chosen, pool)
    composer = composing.Composer(chosen, pool, Registers(pool, clock), clock)
    assert not await composer.compose_urgent()
    async with transaction(pool) as connection:
        query = select(tables.event.c.content["id"].astext).join(
            tables.outcome, tables.outcome.c.event_key == tables.event.c.event_key
        )
        assert sorted((await connection.execute(query)).scalars()) == ["een", "haast", "twee"]
    await composer.compose()
    assert (await _compose(settings, pool))[1] == 4


async def test_composing_twice_makes_one_mail(settings: Settings, pool: AsyncEngine) -> None:
    await _keep(pool, "een", Mode.IMMEDIATE)
    await _keep(pool, "twee", Mode.DIGEST)
    assert await _compose(settings, pool) == await _compose(settings, pool)


async def test_an_exercise_never_goes_to_a_real_mailbox(settings: Settings, pool: AsyncEngine) -> None:
    await save(pool, with_facts(HISTORY, Kind.PARTY, "pv31", mailbox="post@provincie.nl"))
    await _keep(pool, "oefening", Mode.IMMEDIATE)
    assert await _compose(settings, pool) == ({"oefening": "exercise"}, 0)


async def test_a_digest_of_much_is_cut_into_mails_that_servers_take(
    settings: Settings, pool: AsyncEngine
) -> None:
    long = "Een lange samenvatting. " * 400
    for i in range(201):
        data = {"title": f"Les {i}", "summary": long}
        await _keep(pool, f"les-{i}", Mode.DIGEST, kind="knowledge.shared", data=data)
    withheld, mails = await _compose(settings, pool)
    assert (set(withheld.values()), mails) == ({None}, 2)
    async with transaction(pool) as connection:
        bodies = list((await connection.execute(select(tables.mail.c.body))).scalars())
    assert sum(body.count(". Kennis gedeeld: Les ") for body in bodies) == 201
    assert max(map(len, bodies)) < 500_000


async def test_what_is_planned_twice_is_told_once_and_at_once(settings: Settings, pool: AsyncEngine) -> None:
    await _keep(pool, "antwoord", Mode.DIGEST)
    key = event_key(MAASTRICHT, "antwoord")
    async with transaction(pool) as connection:
        again = NewDeliveries(
            key, Tied(("pv31", "gm0935"), Tlp.RED, (Reason(Relation.ASKER),)), Mode.IMMEDIATE, 1, NOW
        )
        await plan_deliveries(connection, [again])
        planned = (await connection.execute(select(tables.delivery.c.party, tables.delivery.c.mode))).all()
    assert sorted(map(tuple, planned)) == [("gm0935", "immediate"), ("pv31", "immediate")]
    chosen = settings.model_copy(update={"clock": "scenario"})
    clock = clock_of(chosen, pool)
    await composing.Composer(chosen, pool, Registers(pool, clock), clock).compose_rest()
    assert await _compose(settings, pool) == ({"antwoord": None}, 2)
    async with transaction(pool) as connection:
        kinds = list((await connection.execute(select(tables.mail.c.kind))).scalars())
    assert kinds == ["immediate", "immediate"]


async def test_many_mailers_at_once_tell_each_thing_once(settings: Settings, pool: AsyncEngine) -> None:
    for i in range(30):
        await _keep(pool, f"bericht-{i}", Mode.DIGEST if i % 2 else Mode.IMMEDIATE)
    await asyncio.gather(*(_compose(settings, pool) for _ in range(4)))
    withheld, mails = await _compose(settings, pool)
    assert (len(withheld), set(withheld.values()), mails) == (30, {None}, 16)
    async with transaction(pool) as connection:
        unmailed = await connection.execute(
            select(tables.delivery).where(tables.delivery.c.mail_key.is_(None))
        )
        open_still = await connection.execute(select(tables.audience).where(tables.audience.c.is_open))
        assert (unmailed.all(), open_still.all()) == ([], [])


async def test_what_is_taken_back_while_its_digest_is_closed_waits_for_the_next_mail(
    settings: Settings, pool: AsyncEngine
) -> None:
    await _keep(pool, "een", Mode.DIGEST)
    assert (await _compose(settings, pool))[1] == 1

    async def close() -> None:
        async with transaction(pool) as connection:
            await close_digests(connection, NOW)

    async with transaction(pool) as connection:
        await connection.execute(update(tables.audience).values(is_open=True))
    async with transaction(pool) as connection:
        await take_back(connection, *(await connection.execute(select(tables.mail.c.mail_key))).scalars())
        closing = asyncio.create_task(close())
        await asyncio.wait([closing], timeout=0.2)
    await closing
    assert await _compose(settings, pool) == ({"een": None}, 1)


@pytest.mark.parametrize("is_told_before", [True, False])
async def test_who_stopped_a_kind_of_mail_gets_it_all_the_same_when_it_asked(
    settings: Settings, pool: AsyncEngine, *, is_told_before: bool
) -> None:
    await _keep(pool, "een", Mode.IMMEDIATE)
    async with transaction(pool) as connection:
        stopped = USUAL.without("bottleneck-found")
        await change_preferences(connection, "pv31", lambda _: stopped, "test", NOW)
    if is_told_before:
        assert await _compose(settings, pool) == ({"een": "stopped"}, 0)
    asked = NewDeliveries(
        event_key(MAASTRICHT, "een"),
        Tied(("pv31",), Tlp.RED, (Reason(Relation.ASKER),)),
        Mode.IMMEDIATE,
        1,
        NOW + timedelta(seconds=1),
    )
    async with transaction(pool) as connection:
        await plan_deliveries(connection, [asked])
    for _ in range(2):
        assert await _compose(settings, pool) == ({"een": None}, 1)


async def test_a_mail_taken_back_is_composed_again_for_its_party_alone(
    settings: Settings, pool: AsyncEngine
) -> None:
    await _keep(pool, "een", Mode.IMMEDIATE)
    await _keep(pool, "twee", Mode.DIGEST)
    before = await _compose(settings, pool)
    async with transaction(pool) as connection:
        for key in (await connection.execute(select(tables.mail.c.mail_key))).scalars().all():
            await take_back(connection, key)
        assert (await connection.execute(select(tables.outcome))).all() == []
    assert await _compose(settings, pool) == before


async def test_an_event_that_was_planned_twice_is_told_once_in_a_digest(
    settings: Settings, pool: AsyncEngine
) -> None:
    await _keep(pool, "een", Mode.DIGEST)
    await _keep(pool, "ander", Mode.DIGEST)
    key = event_key(MAASTRICHT, "een")
    again = Tied(("pv31",), Tlp.RED, (Reason(Relation.NAMED),))
    async with transaction(pool) as connection:
        await plan_deliveries(connection, [NewDeliveries(key, again, Mode.DIGEST, 1, NOW)])
    assert (await _compose(settings, pool))[1] == 1
    async with transaction(pool) as connection:
        body = await connection.scalar(select(tables.mail.c.body))
        told = (await connection.execute(select(tables.outcome.c.event_key))).all()
        still_open = (
            await connection.execute(select(tables.audience).where(tables.audience.c.is_open))
        ).all()
    assert body.count(f"/gebeurtenissen/{key}") == 1
    assert (len(told), still_open) == (2, [])


async def test_what_may_go_for_one_of_its_reasons_is_in_the_digest_though_another_holds_no_more(
    settings: Settings, pool: AsyncEngine
) -> None:
    await _keep(pool, "een", Mode.DIGEST, tlp="AMBER")
    again = Tied(("pv31",), Tlp.RED, (Reason(Relation.NAMED),))
    async with transaction(pool) as connection:
        key = event_key(MAASTRICHT, "een")
        await plan_deliveries(connection, [NewDeliveries(key, again, Mode.DIGEST, 1, NOW)])
    await save(pool, with_facts(HISTORY, Kind.PARTY, "pv31", areas=("PV20",)))
    assert await _compose(settings, pool) == ({"een": None}, 1)


def _breaking_at_stuk(made: Callable[..., texts.MailText]) -> Callable[..., texts.MailText]:
    """What makes a mail, but not of the event `stuk`."""

    def broken(part: texts.Part, entries: Any, *rest: Any) -> texts.MailText:
        if any(entry.event.id == "stuk" for entry in entries):
            raise ZeroDivisionError
        return made(part, entries, *rest)

    return broken


async def test_what_breaks_a_digest_is_withheld_by_itself_and_keeps_up_no_other(
    settings: Settings, pool: AsyncEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    await _keep(pool, "les", Mode.DIGEST)
    await _keep(pool, "stuk", Mode.DIGEST)
    parties, why = ("enexis", "gm0935", "vr24"), (Reason(Relation.ASKER),)
    async with transaction(pool) as connection:
        planned = NewDeliveries(
            event_key(MAASTRICHT, "les"), Tied(parties, Tlp.RED, why), Mode.DIGEST, 1, NOW
        )
        await plan_deliveries(connection, [planned])
    monkeypatch.setattr(texts, "digest", _breaking_at_stuk(texts.digest))
    assert await _compose(settings, pool) == ({"les": None, "stuk": "could-not-compose"}, 4)
    async with transaction(pool) as connection:
        told = (await connection.execute(select(tables.mail.c.party))).scalars().all()
        still_open = (
            await connection.execute(select(tables.audience).where(tables.audience.c.is_open))
        ).all()
    assert (sorted(told), still_open) == (["enexis", "gm0935", "pv31", "vr24"], [])


async def test_what_breaks_a_mail_of_a_flood_is_withheld_by_itself_and_all_else_is_mailed(
    settings: Settings, pool: AsyncEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("stuk", "heel"):
        await _keep(pool, name, Mode.IMMEDIATE)
    await _keep(pool, "vreemd", Mode.IMMEDIATE, type="nl.vitale-functies.onbekend.v1")
    async with transaction(pool) as connection:
        at = {"mode": TOGETHER, "planned_at": NOW - timedelta(hours=1)}
        await connection.execute(update(tables.audience).values(at))
    monkeypatch.setattr(flood, "text", _breaking_at_stuk(flood.text))
    why = "could-not-compose"
    assert await _compose(settings, pool) == ({"stuk": why, "heel": None, "vreemd": why}, 1)


async def test_what_is_wanted_at_once_and_waits_to_come_together_is_planned_so_once(
    settings: Settings, pool: AsyncEngine
) -> None:
    later = NOW + timedelta(minutes=1)
    for i in range(3):
        await _keep(pool, f"les-{i}", Mode.DIGEST, kind="knowledge.shared", data={"title": f"Les {i}"})
    async with transaction(pool) as connection:
        wanted = USUAL._replace(at_once=("knowledge-shared",))
        await change_preferences(connection, "pv31", lambda _: wanted, "test", NOW)
        await connection.execute(update(tables.audience).values(planned_at=later))
        await move_clock(connection, later)
    few = settings.model_copy(update={"mails_an_hour": 1})
    for _ in range(3):
        assert (await _compose(few, pool))[1] == 1
    async with transaction(pool) as connection:
        modes = Counter((await connection.execute(select(tables.audience.c.mode))).scalars())
    assert modes == {"digest": 3, "together": 2}


async def test_who_had_its_mail_of_a_flood_lately_keeps_up_nobody_who_had_none(
    settings: Settings, pool: AsyncEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def gather(name: str, parties: list[str], at: datetime) -> None:
        await _keep(pool, name, Mode.IMMEDIATE)
        async with transaction(pool) as connection:
            planned = {"mode": TOGETHER, "parties": parties, "reasons": [[Relation.ASKER, None, None]]}
            mine = tables.audience.c.event_key == event_key(MAASTRICHT, name)
            await connection.execute(update(tables.audience).where(mine).values(**planned, planned_at=at))

    await gather("een", ["enexis"], NOW - timedelta(hours=1))
    assert (await _compose(settings, pool))[1] == 1
    await gather("twee", ["enexis", "pv31"], NOW + timedelta(minutes=15))
    async with transaction(pool) as connection:
        await move_clock(connection, NOW + timedelta(minutes=30))
    monkeypatch.setattr(composing, "_A_WHILE_SECONDS", 0.0)
    chosen = settings.model_copy(update={"clock": "scenario"})
    clock = clock_of(chosen, pool)
    composer = composing.Composer(chosen, pool, Registers(pool, clock), clock)
    assert [await composer.compose_urgent(), await composer.compose_urgent()] == [False, True]
    async with transaction(pool) as connection:
        told = (await connection.execute(select(tables.mail.c.party))).scalars().all()
    assert sorted(told) == ["enexis", "pv31"]


async def test_who_has_few_is_not_behind_all_that_another_has(
    settings: Settings, pool: AsyncEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    for i in range(4):
        await _keep(pool, f"veel-{i}", Mode.IMMEDIATE)
    async with transaction(pool) as connection:
        tied = Tied(("enexis",), Tlp.RED, (Reason(Relation.ASKER),))
        key, later = event_key(MAASTRICHT, "veel-3"), NOW + timedelta(minutes=1)
        await plan_deliveries(connection, [NewDeliveries(key, tied, Mode.IMMEDIATE, 1, later)])
    monkeypatch.setattr(singles, "_AT_ONCE", 1)
    monkeypatch.setattr(composing, "_A_WHILE_SECONDS", 0)
    chosen = settings.model_copy(update={"clock": "scenario"})
    clock = clock_of(chosen, pool)
    composer = composing.Composer(chosen, pool, Registers(pool, clock), clock)
    is_all = await composer.compose_urgent()
    async with transaction(pool) as connection:
        told = (await connection.execute(select(tables.mail.c.party))).scalars().all()
    assert (is_all, "enexis" in told, len(told)) == (False, True, 4)
    while not await composer.compose_urgent():
        pass


async def test_many_digests_let_what_is_urgent_go_in_between(
    settings: Settings, pool: AsyncEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    await _keep(pool, "les", Mode.DIGEST)
    tied = Tied(("enexis", "vr24"), Tlp.RED, (Reason(Relation.ASKER),))
    async with transaction(pool) as connection:
        key = event_key(MAASTRICHT, "les")
        await plan_deliveries(connection, [NewDeliveries(key, tied, Mode.DIGEST, 1, NOW)])
    for name, value in (("_MOST_AT_ONCE", 0), ("_LANES", 1)):
        monkeypatch.setattr(digests, name, value)
    chosen = settings.model_copy(update={"clock": "scenario"})
    clock = clock_of(chosen, pool)
    made = []

    async def between() -> None:
        async with transaction(pool) as connection:
            made.append(await connection.scalar(select(func.count()).select_from(tables.mail)))

    await composing.Composer(chosen, pool, Registers(pool, clock), clock).compose_rest(between)
    assert made == [1, 2, 3]


async def test_what_is_taken_back_or_committed_late_comes_in_a_further_part_of_the_digest(
    settings: Settings, pool: AsyncEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(digests, "_MOST", 2)
    for i in range(5):
        await _keep(pool, f"les-{i}", Mode.DIGEST, kind="knowledge.shared", data={"title": f"Les {i}"})
    assert (await _compose(settings, pool))[1] == 3
    mail = tables.mail.c
    async with transaction(pool) as connection:
        await connection.execute(update(tables.audience).values(planned_at=NOW - timedelta(minutes=1)))
        first, second, third = (await connection.execute(select(tables.mail).order_by(mail.subject))).all()
        await connection.execute(
            update(tables.mail).where(mail.mail_key == second.mail_key).values(state="sent")
        )
        for row in (first, third):
            await take_back(connection, row.mail_key)
    assert (await _compose(settings, pool))[1] == 3
    await _keep(pool, "laat", Mode.DIGEST, kind="knowledge.shared", data={"title": "Les 5"})
    assert (await _compose(settings, pool))[1] == 3  # planned at the moment of a digest that is there
    async with transaction(pool) as connection:
        late = tables.audience.c.event_key == event_key(MAASTRICHT, "laat")
        await connection.execute(
            update(tables.audience).where(late).values(planned_at=NOW - timedelta(seconds=1))
        )
    assert (await _compose(settings, pool))[1] == 4
    async with transaction(pool) as connection:
        rows = (await connection.execute(select(mail.mail_key, mail.subject, mail.body))).all()
        outcomes = (await connection.execute(select(tables.outcome))).all()
    assert Counter(re.findall(r"Kennis gedeeld: (Les \d+)$", "\n".join(row.body for row in rows), re.M)) == {
        f"Les {i}": 1 for i in range(6)
    }
    told = Counter(row.mail_key for row in outcomes)
    assert sorted(told.values()) == [1, 1, 2, 2]
    assert set(told) == {row.mail_key for row in rows}
    assert sorted(re.findall(r"\((\d van \d)\)", "\n".join(row.subject for row in rows))) == [
        "1 van 3",
        "2 van 3",
        "3 van 3",
        "4 van 4",
    ]


async def test_a_mail_that_comes_back_before_its_sending_is_recorded_is_noticed(
    settings: Settings, pool: AsyncEngine
) -> None:
    await _keep(pool, "een", Mode.IMMEDIATE)
    await _compose(settings, pool)

    async def bounced(key: UUID) -> bool:
        async with transaction(pool) as connection:
            return await mark_bounced(connection, key, "5.1.1 onbekend")

    async with transaction(pool) as connection:
        (row,) = await mail_queue.claim_mails(connection, datetime.now(UTC), 50)
        came_back = asyncio.create_task(bounced(row.mail_key))
        assert not (await asyncio.wait([came_back], timeout=0.2))[0]
        await mail_queue.mark_sent(connection, [row.mail_key], NOW)
    assert await came_back
