"""Plays a scenario: moves the clock, publishes over HTTP as each party would, and waits for the hub."""

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import NamedTuple

import httpx
from sqlalchemy.ext.asyncio import AsyncEngine

from connectors.client.sending import HubUnavailable, send
from consumers.play.quiet import is_quiet, watching_work
from consumers.play.scenario import Scene, Step
from hub.errors import HubError
from hub.register.model import Register
from hub.rules.relations import publisher
from hub.settings import Settings
from hub.store.access.tokens import new_token, revoke_tokens
from hub.store.clock import find_scenario_time, move_clock
from hub.store.database import transaction
from hub.store.intake.claims import count_claims

_PAUSES = (0.5, 1, 2, 4, 8, 15)
"""Seconds between attempts to publish."""


class NotAnExercise(HubError):
    """The database belongs to a real hub, or to another scenario. Choose another folder or database."""


class UnknownSource(HubError):
    """A source of the scenario belongs to no party in the register."""


class Refusal(NamedTuple):
    """An event of the scenario that the hub did not accept."""

    scene: Scene
    why: str


async def claim_database(pool: AsyncEngine, scenes: Sequence[Scene]) -> None:
    """Starts the clock of the scenario, or goes on where it was. Raises NotAnExercise when the database
    holds anything else."""
    async with transaction(pool) as connection:
        others = await count_claims(connection, besides={scene.key for scene in scenes})
        is_real = await find_scenario_time(connection) is None and await count_claims(connection)
        if others or is_real:
            raise NotAnExercise(
                "In deze database staan gebeurtenissen die niet bij dit scenario horen. Begin opnieuw met "
                "--fresh, of kies een andere map met KERNHUB_VAR of een andere database."
            )
        await move_clock(connection, scenes[0].at)


async def give_tokens(pool: AsyncEngine, scenes: Iterable[Scene], register: Register) -> Mapping[str, str]:
    """A new token per source of the scenario; earlier tokens of those parties end. Raises UnknownSource."""
    tokens: dict[str, str] = {}
    sources: dict[str, list[str]] = {}
    for source in sorted({scene.source for scene in scenes}):
        party = publisher(source, register)
        if party is None:
            raise UnknownSource(f"De afzender {source} staat niet in het register.")
        sources.setdefault(party, []).append(source)
    async with transaction(pool) as connection:
        for party, own in sources.items():
            await revoke_tokens(connection, party, datetime.now(UTC))
            token = await new_token(connection, party, datetime.now(UTC))
            tokens |= dict.fromkeys(own, token)
    return tokens


class Player:
    """Plays steps against a hub that runs."""

    def __init__(self, settings: Settings, pool: AsyncEngine, tokens: Mapping[str, str]):
        self._settings = settings
        self._pool = pool
        self._tokens = tokens

    async def play(self, steps: Sequence[Step], told: Callable[[Step], None]) -> list[Refusal]:
        """Plays every step, telling of each when it is done; the events that were refused. What an earlier
        run has done is done once. Raises Stalled or Unavailable."""
        refusals: list[Refusal] = []
        async with (
            httpx.AsyncClient(base_url=self._settings.public_url, timeout=30) as client,
            watching_work(self._settings, self._pool) as until,
        ):
            for step in steps:
                await self._move_clock(step.at)
                if step.scene is not None:
                    refusals += await self._publish(client, step.scene)
                    # As it would be with days between them: who asks after an answer finds it, and a digest
                    # finds what the hub told before it.
                    await until(lambda left: left.router + left.throttle + left.outbox == 0)
                else:
                    await until(is_quiet)
                told(step)
            await until(is_quiet)
        return refusals

    async def _move_clock(self, to: datetime) -> None:
        async with transaction(self._pool) as connection:
            await move_clock(connection, to)

    async def _publish(self, client: httpx.AsyncClient, scene: Scene) -> list[Refusal]:
        for pause in _PAUSES:
            try:
                return await self._publish_once(client, scene)
            except HubUnavailable:
                # Its web server may be starting again; the same event never counts twice.
                await asyncio.sleep(pause)
        return await self._publish_once(client, scene)

    async def _publish_once(self, client: httpx.AsyncClient, scene: Scene) -> list[Refusal]:
        token = self._tokens[scene.source]
        return [
            Refusal(scene, f"{receipt.outcome}: " + "; ".join(" ".join(p[::2]) for p in receipt.problems))
            async for receipts in send(client, token, [scene.attributes])
            for receipt in receipts
            if not receipt.accepted
        ]
