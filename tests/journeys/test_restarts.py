"""Workers that are killed or stopped in the middle of their work: nothing lost, nothing twice."""

import asyncio
import os
import signal
from itertools import cycle
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from consumers.play.player import Player, claim_database, give_tokens
from consumers.play.scenario import Step, read_scenario, steps
from consumers.play.summary import get_outcome, losses, received_mails
from consumers.worker_name import WorkerName
from hub.settings import Settings
from hub.store.database import transaction
from tests.journeys.running import RunningHub, running
from tests.registers import REGISTER
from tests.samples import sample

LIMBURG = Path(__file__).parents[2] / "scenarios" / "limburg"


async def _play(hub: RunningHub, disturb: "Disturb") -> list[str]:
    """What was lost after two weeks of Limburg with something disturbed at each step."""
    scenes = [scene for week in (1, 2) for scene in read_scenario(LIMBURG / f"week-0{week}.jsonl")]
    tokens = await give_tokens(hub.pool, scenes, REGISTER)
    refusals = await Player(hub.settings, hub.pool, tokens).play(steps(scenes), disturb)
    await hub.until_quiet()
    async with transaction(hub.pool) as connection:
        outcome = await get_outcome(connection, hub.settings, REGISTER)
    assert hub.settings.maildir is not None
    assert outcome.numbers.bundles > 0
    assert outcome.numbers.digests_sent > 0
    return losses(
        {scene.key for scene in scenes},
        [refusal.why for refusal in refusals],
        outcome,
        received_mails(hub.settings.maildir),
    )


class Disturb:
    """Sends a signal to the next worker in turn, at every tenth step."""

    def __init__(self, hub: RunningHub, number: signal.Signals):
        self._hub = hub
        self._signal = number
        self._turns = cycle(WorkerName)
        self._count = 0

    def __call__(self, _: Step) -> None:
        self._count += 1
        if self._count % 10 == 0:
            name = next(self._turns)
            if self._hub.processes.runs(name):
                os.kill(self._hub.processes.pid(name), self._signal)


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
async def test_each_worker_may_be_killed_or_stopped_at_any_step(
    settings: Settings, pool: AsyncEngine, number: signal.Signals
) -> None:
    await claim_database(pool, read_scenario(LIMBURG))
    async with running(settings.model_copy(update={"clock": "scenario"}), pool) as hub:
        assert await _play(hub, Disturb(hub, number)) == []


async def test_a_database_that_drops_every_connection_loses_nothing(
    settings: Settings, pool: AsyncEngine
) -> None:
    await claim_database(pool, read_scenario(LIMBURG))
    async with running(settings.model_copy(update={"clock": "scenario"}), pool) as hub:
        for event_id in ("een", "twee"):
            async with transaction(pool) as connection:
                await connection.execute(
                    text(
                        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                        "WHERE datname = current_database() AND pid <> pg_backend_pid()"
                    )
                )
            # Each connection of the web server is found to be gone when it is used.
            async with asyncio.timeout(180):
                while (status := (await hub.publish("gm0935", sample(event_id))).status_code) != 202:
                    assert status == 503
        await hub.until_quiet()
        assert {len(mails) for mails in hub.mails().values()} == {2}
