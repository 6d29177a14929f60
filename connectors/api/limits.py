"""What a party may do at once and in a minute, counted in this process: a burst of one slows nobody else."""

import asyncio
from dataclasses import dataclass, field
from http import HTTPStatus

from connectors.api.refused import ApiRefused
from hub.rules.limits import WINDOW_SECONDS, Bucket, filled, full, seconds_to_full, taken, wait_seconds
from hub.settings import Settings

AT_ONCE = 3
"""Requests of one party in hand: fewer than the connections to the database, so that others have some."""
WAITING = 20
"""Requests of one party that are here besides: they wait for their turn, or need none. More are refused."""
WAIT_SECONDS = 10.0
EVENTS, BYTES = "events", "content-bytes"


@dataclass
class _Party:
    buckets: dict[str, Bucket]
    turns: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(AT_ONCE))
    present: int = 0


class Limits:
    """The buckets and turns of every party that called this process."""

    def __init__(self, settings: Settings):
        self._most = {EVENTS: settings.limit_events, BYTES: settings.limit_megabytes * 1_000_000}
        self._parties: dict[str, _Party] = {}
        units = {EVENTS: "", BYTES: f';qu="{BYTES}"'}
        policy = (
            f'"{what}";q={most:.0f};w={WINDOW_SECONDS}{units[what]}' for what, most in self._most.items()
        )
        self._policy = ", ".join(policy).encode()

    def come(self, party: str, now: float) -> None:
        """A request of the party is here; `leave` ends that. Raises ApiRefused when the party has used up
        what it may, or has too many requests here."""
        known = self._known(party, now)
        wait = max(wait_seconds(bucket, now) for bucket in known.buckets.values())
        if wait or known.present >= AT_ONCE + WAITING:
            raise _too_much(wait or 1)
        known.present += 1

    async def turn(self, party: str) -> None:
        """Waits for the turn of a request that is here. Raises ApiRefused when that takes too long."""
        turns = self._parties[party].turns
        try:
            if turns.locked():
                async with asyncio.timeout(WAIT_SECONDS):
                    await turns.acquire()
            else:
                await turns.acquire()
        except TimeoutError:
            raise _too_much(1) from None

    def leave(self, party: str, *, had_turn: bool) -> None:
        """The request is not here any more, and its turn is the next one's."""
        known = self._parties[party]
        known.present -= 1
        if had_turn:
            known.turns.release()

    def take(self, party: str, what: str, cost: float, now: float) -> None:
        """Notes what a request of the party cost."""
        buckets = self._known(party, now).buckets
        buckets[what] = taken(buckets[what], cost, now)

    def told(self, party: str, now: float) -> list[tuple[bytes, bytes]]:
        """What is left, as headers (draft-ietf-httpapi-ratelimit-headers)."""
        left = []
        for what, one in self._known(party, now).buckets.items():
            bucket = filled(one, now)
            left.append(f'"{what}";r={max(0, int(bucket.left))};t={seconds_to_full(bucket)}')
        return [(b"ratelimit-policy", self._policy), (b"ratelimit", ", ".join(left).encode())]

    def _known(self, party: str, now: float) -> _Party:
        if party not in self._parties:
            self._parties[party] = _Party({what: full(most, now) for what, most in self._most.items()})
        return self._parties[party]


def _too_much(wait: int) -> ApiRefused:
    return ApiRefused(
        HTTPStatus.TOO_MANY_REQUESTS,
        "limit",
        "U stuurt te veel in korte tijd",
        f"Er is niets gedaan. Ga over {wait} seconde(n) verder, met meer in één keer.",
        {"Retry-After": str(wait)},
    )
