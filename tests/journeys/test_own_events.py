"""What the hub itself tells: changes of the register, and chain effects to who may not see the cause."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime

import pytest

from consumers.worker_name import WorkerName
from hub.register.history import Kind
from hub.register.merging import merged
from hub.settings import Settings
from hub.store import tables
from hub.store.database import opened
from schemas.envelope import TYPE_PREFIX
from tests.journeys.running import RunningHub, running, subject_of, text_of
from tests.registers import HISTORY, save, with_facts
from tests.samples import sample


@pytest.fixture(scope="module")
async def changing(module_settings: Settings) -> AsyncIterator[RunningHub]:
    async with opened(module_settings) as pool, running(module_settings, pool) as made:
        yield made


@pytest.fixture
async def changed(changing: RunningHub) -> RunningHub:
    """A hub whose register journeys change, that tells of this journey only."""
    return await changing.from_now()


async def test_a_change_of_the_register_is_an_event_that_its_party_hears_of(changed: RunningHub) -> None:
    hub = changed
    await save(hub.pool, with_facts(HISTORY, Kind.PARTY, "enexis", name="Enexis Nieuw"))
    await hub.until_quiet()
    (event,) = await hub.rows(tables.event)
    assert (event.type, event.publisher) == (f"{TYPE_PREFIX}party.changed.v1", "kernhub")
    (mail,) = hub.mails()["enexis"]
    assert subject_of(mail) == "[OEFENING] [Kernhub] [TLP:GREEN] Partij gewijzigd: Enexis Nieuw (gewijzigd)"
    assert "Gewijzigd" in text_of(mail)
    assert "naam" in text_of(mail)
    assert not list(await hub.rows(tables.dead_letter))


async def test_a_merger_is_told_and_works_from_its_day_on(exercise: RunningHub) -> None:
    hub = exercise
    history = merged(HISTORY, ["GM1696"], "GM0402", date(2027, 6, 3))
    await save(hub.pool, history, datetime(2027, 6, 1, 8, tzinfo=UTC))
    await hub.until_quiet()
    told = {event.type.split(".")[2] for event in await hub.rows(tables.event)}
    assert told == {"area", "party", "role"}
    before = sample("voor", areas="GM1696")
    assert (await hub.publish("gm0935", before)).status_code == 202
    await hub.until_clock(datetime(2027, 6, 3, 8, tzinfo=UTC))
    after = await hub.publish("gm0935", sample("na", areas="GM1696"))
    assert after.status_code == 422
    assert "GM0402" in after.json()["errors"][0]["detail"]
    assert (await hub.publish("gm0935", sample("goed", areas="GM0402"))).status_code == 202
    await hub.until_quiet()
    hilversum = {subject_of(mail) for mail in hub.mails()["gm0402"]}
    assert any("Knelpunt gevonden" in subject for subject in hilversum)


async def test_a_core_team_down_the_chain_hears_that_there_is_something_and_no_more(hub: RunningHub) -> None:
    secret = sample("geheim", tlp="AMBER", subject="zaak-geheim", data={"title": "Station Borgharen"})
    assert (await hub.publish("gm0935", secret)).status_code == 202
    await hub.until_quiet()
    (mail,) = hub.mails()["kernteam-health"]
    assert subject_of(mail) == (
        "[OEFENING] [Kernhub] [TLP:AMBER+STRICT] Keteneffect gesignaleerd: "
        "Een knelpunt in Elektriciteit kan uw functie raken"
    )
    text = text_of(mail)
    assert "Elektriciteit → Gezondheid" in text
    assert "Ministerie van Economische Zaken en Klimaat" in text
    for word in ("Borgharen", "geheim", "0935", "60 centimeter"):
        assert word not in text.replace("Maastricht", "")
    assert not list(await hub.rows(tables.dead_letter))


async def test_own_events_come_once_though_the_outbox_is_killed(changed: RunningHub) -> None:
    hub = changed
    for number in range(6):
        await save(hub.pool, with_facts(HISTORY, Kind.PARTY, "enexis", name=f"Enexis {number}"))
        if number % 2:
            while not hub.processes.runs(WorkerName.OUTBOX):  # noqa: ASYNC110 - it starts again after a kill
                await asyncio.sleep(0.05)
            os.kill(hub.processes.pid(WorkerName.OUTBOX), signal.SIGKILL)
            await hub.until_quiet()
    await hub.until_quiet()
    subjects = sorted(subject_of(mail).split(": ")[1] for mail in hub.mails()["enexis"])
    assert subjects == [f"Enexis {number} (gewijzigd)" for number in range(6)]
    assert len(list(await hub.rows(tables.event))) == 6
