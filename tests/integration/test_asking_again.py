"""Not enough, or declined, and asked again: without what its asker had, and once that is confirmed."""

import asyncio
from datetime import UTC, datetime, timedelta
from itertools import permutations
from typing import Any

import httpx
from sqlalchemy.ext.asyncio import AsyncEngine

from consumers.ways_in.http import application
from hub.kafka.broker import Publisher
from hub.settings import Settings
from hub.store import tables
from hub.store.access.tokens import new_token
from hub.store.clock import clock_of
from hub.store.database import opened, transaction
from hub.store.register.registers import Registers
from tests.documented import as_described
from tests.events import attributes, source_of
from tests.fed import NOW, Hub
from tests.replayed import replayed
from tests.throttled import FIRST, SLOTS, Told, Workers, question

_SAME = {"text": "Staat het station droog?"}


def _ask(number: int, asker: str = "gm0935", again: dict[str, Any] | None = None, **data: Any) -> Any:
    more = {"again": again} if again else {}
    return question(number, NOW, asker, data=_SAME | more | data).event


def _again(of: dict[str, Any], reason: str = "De waterdiepte ontbreekt.") -> dict[str, Any]:
    return {"request": {"source": of["source"], "id": of["id"]}, "reason": reason}


def _answer(to: dict[str, Any], **changes: Any) -> dict[str, Any]:
    data = {"question": {"source": to["source"], "id": to["id"]}, "per_area": [], "valid_until": None}
    return attributes(
        "question-answered", id=f"a-{to['id']}", source=source_of("enexis"), data=data, **changes
    )


def _decline(of: dict[str, Any]) -> dict[str, Any]:
    data = {"request": {"source": of["source"], "id": of["id"]}, "reason": "Dat meten wij niet."}
    return attributes("request-declined", id=f"nee-{of['id']}", data=data | {"valid_until": None})


def _confirm(of: dict[str, Any]) -> dict[str, Any]:
    data = {"request": {"source": of["source"], "id": of["id"]}, "reason": "Dit is echt nodig."}
    return attributes("request-confirmed", id=f"ja-{of['id']}", data=data)


async def _states(hub: Hub) -> dict[str, str]:
    ids = {row.event_key: row.content["id"] for row in await hub.rows(tables.event)}
    return {ids[row.event_key]: row.state for row in await hub.rows(tables.request)}


async def _told(hub: Hub) -> list[tuple[str, str | None, list[str]]]:
    rows = [row.content["data"] for row in await hub.rows(tables.outbox)]
    return [
        (data["state"], data.get("reason"), data["recipients"])
        for data in rows
        if data.get("state") == "again-not-sent"
    ]


async def _mailed(hub: Hub, party: str) -> list[str]:
    await hub.mailer.compose()
    mails = await hub.rows(tables.mail, tables.mail.c.party == party, tables.mail.c.kind == "immediate")
    return [row.body for row in mails]


async def test_not_enough_is_asked_anew_and_the_operator_sees_that_it_follows(hub: Hub) -> None:
    first = _ask(1)
    await hub.feed(first)
    await hub.feed(_answer(first))
    second = _ask(2, again=_again(first))
    await hub.feed(second, _ask(3))
    assert await _states(hub) == {"v1": "answered", "v2": "waiting", "v3": "answered"}
    (item,) = await hub.rows(tables.item, tables.item.c.state == "waiting")
    await hub.go(SLOTS.moment(FIRST + 3))
    (bundle,) = await hub.bundles()
    assert "Vraagt dit opnieuw, omdat" in bundle
    assert "De waterdiepte ontbreekt." in bundle
    await hub.feed(_answer(second))
    assert (await _states(hub))["v2"] == "answered"
    (answered,) = await hub.rows(tables.item, tables.item.c.item_key == item.item_key)
    assert answered.state == "answered"
    answers = [body for body in await _mailed(hub, "gm0935") if "U stelde deze vraag" in body]
    assert len(answers) == 2


async def test_not_enough_twice_gets_neither_of_the_two_answers(hub: Hub) -> None:
    first = _ask(1)
    second = _ask(2, again=_again(first))
    third = _ask(3, again=_again(second, "Nu ontbreekt de herstelduur."))
    await hub.feed(first)
    await hub.feed(_answer(first))
    await hub.feed(second)
    await hub.feed(_answer(second))
    await hub.feed(third)
    assert await _states(hub) == {"v1": "answered", "v2": "answered", "v3": "waiting"}


async def test_what_the_library_gave_and_was_not_enough_is_not_given_again(hub: Hub) -> None:
    first = _ask(1)
    await hub.feed(first)
    await hub.feed(_answer(first))
    served = _ask(2)
    await hub.feed(served)
    await hub.feed(_ask(3, again=_again(served)))
    assert await _states(hub) == {"v1": "answered", "v2": "answered", "v3": "waiting"}


async def test_another_answer_comes_from_the_library_while_it_waits_and_the_old_one_does_not(
    hub: Hub,
) -> None:
    first = _ask(1)
    await hub.feed(first)
    await hub.feed(_answer(first))
    await hub.feed(_ask(2, again=_again(first)))
    assert (await _states(hub))["v2"] == "waiting"
    correction = _answer(first) | {"id": "a-nieuw"}
    correction["data"] = correction["data"] | {
        "supersedes": {"source": source_of("enexis"), "id": "a-v1"},
        "text": "Nu met de waterdiepte.",
    }
    await hub.go(NOW + timedelta(minutes=5))
    await hub.feed(correction)
    assert (await _states(hub))["v2"] == "answered"
    assert any("Nu met de waterdiepte." in body for body in await _mailed(hub, "gm0935"))


async def test_a_decline_is_told_at_once_to_who_asks_the_same_later(hub: Hub) -> None:
    first = _ask(1)
    await hub.feed(first)
    await hub.feed(_decline(first))
    await hub.feed(_ask(2, "pv31"))
    assert await _states(hub) == {"v1": "declined", "v2": "declined"}
    assert [row.state for row in await hub.rows(tables.item)] == ["declined"]
    assert any("Dat meten wij niet." in body for body in await _mailed(hub, "pv31"))


async def test_a_declined_question_waits_for_the_coordinator_and_is_placed_when_that_comes(hub: Hub) -> None:
    first = _ask(1)
    await hub.feed(first)
    await hub.feed(_decline(first))
    second = _ask(2, again=_again(first, "Er is een meetpunt bij gekomen."))
    await hub.feed(second)
    assert await _states(hub) == {"v1": "declined", "v2": "declined"}
    ((state, reason, told),) = await _told(hub)
    assert (state, reason) == ("again-not-sent", "needs-the-coordinator")
    assert {"gm0935", "kernteam-electricity"} <= set(told)
    await hub.feed(_confirm(second))
    assert await _states(hub) == {"v1": "declined", "v2": "waiting"}
    await hub.feed(_confirm(second) | {"id": "nog-eens"})
    await hub.go(SLOTS.moment(FIRST + 3))
    assert await _states(hub) == {"v1": "declined", "v2": "sent"}
    await hub.feed(_decline(second))
    await hub.feed(_confirm(second) | {"id": "nog-weer"})
    assert (await _states(hub))["v2"] == "declined"
    assert len(await hub.bundles()) == 1


async def test_the_same_reason_is_no_reason_even_when_it_is_confirmed(hub: Hub) -> None:
    first = _ask(1)
    await hub.feed(first)
    await hub.feed(_decline(first))
    second = _ask(2, again=_again(first, "Het is belangrijk."))
    third = _ask(3, again=_again(second, "het  is BELANGRIJK."))
    await hub.feed(_confirm(third))
    await hub.feed(second, third)
    assert (await _states(hub))["v3"] == "declined"
    assert [reason for _, reason, _ in await _told(hub)] == [
        "needs-the-coordinator",
        "needs-another-reason-than-before",
    ]


async def test_who_does_not_coordinate_confirms_nothing(hub: Hub) -> None:
    first = _ask(1)
    second = _ask(2, again=_again(first, "Er is een meetpunt bij gekomen."))
    await hub.feed(first)
    await hub.feed(_decline(first))
    await hub.feed(second)
    await hub.feed(_confirm(second) | {"source": source_of("kernteam-health")})
    assert (await _states(hub))["v2"] == "declined"


async def test_withdrawn_before_its_confirmation_it_is_not_asked(hub: Hub) -> None:
    first = _ask(1)
    second = _ask(2, again=_again(first, "Er is een meetpunt bij gekomen."))
    await hub.feed(first)
    await hub.feed(_decline(first))
    await hub.feed(second)
    about = {"source": second["source"], "id": second["id"]}
    await hub.feed(
        attributes("request-withdrawn", id="terug", source=second["source"], data={"request": about})
    )
    await hub.feed(_confirm(second))
    assert (await _states(hub))["v2"] == "declined"
    assert [row.state for row in await hub.rows(tables.item)] == ["declined"]


async def test_p08_confirmed_before_or_after_it_came_the_same_bundle_leaves(
    settings: Settings, twin: Settings, pool: AsyncEngine
) -> None:
    first = _ask(1)
    second = _ask(2, again=_again(first, "Er is een meetpunt bij gekomen."))
    left = []
    async with opened(twin) as other:
        for (one_settings, one_pool), order in zip(
            ((settings, pool), (twin, other)), permutations([second, _confirm(second)]), strict=True
        ):
            async with Publisher(one_settings) as publisher:
                hub = Hub(one_settings, one_pool, publisher)
                await hub.go(NOW)
                await hub.feed(first)
                await hub.feed(_decline(first))
                for event in order:
                    await hub.feed(event)
                assert (await _states(hub))["v2"] == "waiting"
                await hub.go(SLOTS.moment(FIRST + 3))
                left.append([(row.slot, bytes(row.input_hash)) for row in await hub.rows(tables.bundle)])
                again = replayed(bytes(row.record) for row in await hub.rows(tables.ledger))
                assert [one.said for one in again] == [one.computed for one in again]
    assert left[0] == left[1]
    assert len(left[0]) == 1


async def test_the_door_refuses_what_follows_nothing_and_a_preview_tells_of_the_decline(hub: Hub) -> None:
    async with transaction(hub.pool) as connection:
        token = await new_token(connection, "gm0935", datetime.now(UTC))
    clock = clock_of(hub.settings, hub.pool)
    async with Publisher(hub.settings) as publisher:
        app = application(hub.settings, hub.pool, Registers(hub.pool, clock), publisher, clock)
        async with httpx.AsyncClient(
            transport=httpx.ASGITransport(app),
            base_url="http://localhost/v1/",
            headers={"Authorization": f"Bearer {token}", "Content-Type": "application/cloudevents+json"},
            event_hooks={"response": [as_described()]},
        ) as client:
            first = _ask(1)
            second = _ask(2, again=_again(first, "Er is een meetpunt bij gekomen."))
            for query in ("", "?dryRun=true"):
                refused = await client.post(f"events{query}", json=second)
                assert (refused.status_code, refused.json()["errors"][0]["code"]) == (422, "unknown_request")
            await hub.feed(first)
            await hub.feed(_decline(first))
            told = (await client.post("events?dryRun=true", json=second)).json()["foreseen"]
            assert [(one["place"], one["cost"]) for one in told] == [("declined", 0)]
            assert "de coördinator moet het bevestigen" in told[0]["detail"]
            await hub.feed(second)
            (newest, _) = (await client.get("requests")).json()["requests"]
            assert (newest["state"], newest["follows"]["id"]) == ("declined", "v1")
            assert [one["id"] for one in newest["answers"]] == ["nee-v1"]


async def test_p07_p20_two_workers_that_take_it_and_its_confirmation_at_once_ask_it_once(
    settings: Settings,
) -> None:
    first = _ask(1)
    second = _ask(2, again=_again(first, "Er is een meetpunt bij gekomen."))
    earlier = [Told(NOW, first), Told(NOW, _decline(first))]
    told = [Told(NOW, second), Told(NOW, _confirm(second))]
    async with Publisher(settings) as publisher, opened(settings) as one, opened(settings) as two:
        workers = Workers(settings, [one, two], publisher)
        await workers.move(NOW)
        for some in (earlier, told):
            await workers.accept(some)
        await workers.all[0].on_records(workers.records(earlier))
        await asyncio.gather(
            workers.all[0].on_records(workers.records(told * 2)),
            workers.all[1].on_records(workers.records(told[::-1] * 2)),
        )
        assert sorted(row.state for row in await workers.rows(tables.request)) == ["declined", "waiting"]
        assert sorted(row.state for row in await workers.rows(tables.item)) == ["declined", "waiting"]
        await workers.move(SLOTS.moment(FIRST + 3))
        await workers.release()
        (bundle,) = await workers.left()
        again = replayed(bytes(row.record) for row in await workers.rows(tables.ledger))
    assert [one.said for one in again] == [one.computed for one in again]
    assert again[0].said[0] == bundle.input_hash.hex()
