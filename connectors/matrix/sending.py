"""Rooms on Matrix as a way out, written to over the client-server API by an account that the owner made."""

import asyncio
import json
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote

import httpcore
from pydantic import Field

from connectors.matrix.writing import notice
from hub.outlets.channel import Target, Wanted, Welcome
from hub.outlets.handing import Handed
from hub.outside.asking import Outside, Reply, not_taken
from hub.rules.exercises import EXERCISE
from hub.rules.outlets import Outcome, Sent
from hub.rules.reaching import address_problem, is_real_host
from hub.rules.retry import LONGEST_WAIT
from hub.rules.rooming import HIGHEST, may_tell, most_for
from hub.settings import Settings
from schemas.envelope import is_exercise
from schemas.problems import Problem
from schemas.terms import Tlp

CHANNEL = "matrix"
_API = "/_matrix/client/v3"
_RATE = 60
"""Messages a minute: a room is read by people."""
_MOST_AT_ONCE = 10
_TURN_SECONDS = 20.0
"""After this no new message is begun: the worker holds a room for two minutes."""


class WantedRoom(Wanted):
    """A room as its owner writes it: the homeserver, the room (its id, not its name), the key of an account
    that is in the room, and up to which label the room may know."""

    url: str
    room: str = Field(pattern=r"^![^\s/?#]{1,250}$")
    token: str = Field(pattern=r"^[\x21-\x7e]{8,500}$")
    most: Tlp = Tlp.GREEN

    def problems(self, *, local: bool) -> Iterable[Problem]:
        if why := address_problem(self.url, local=local):
            yield Problem("url", "address", why)
        if self.most not in HIGHEST:
            yield Problem("most", "label", f"is hoogstens {HIGHEST[-1]}: een kamer heeft veel lezers")

    def target(self) -> dict[str, Any]:
        return {"url": self.url.rstrip("/"), "room": self.room, "most": str(self.most)}

    def secrets(self) -> Sequence[str]:
        return [self.token]


class Rooms:
    """Writes a message for each delivery, one after another, under a name by which the server knows it when
    it comes again."""

    def __init__(self, settings: Settings):
        self._public_url = settings.public_url.rstrip("/")
        self._outside = Outside(settings, "Kernhub-Matrix/1", 1)

    async def greet(self, target: Target) -> Welcome | Sent:
        """Goes into the room, where it was invited, and asks what kind of room it is."""
        room = _name(target)
        async with self._outside.connections(target) as (pool,):
            joined = await self._asked(pool, target, "POST", f"/join/{room}", {})
            if isinstance(joined, Sent):
                return joined
            if await self._state(pool, target, "m.room.encryption"):
                return Sent(Outcome.FAILED, "is versleuteld: daar kan de hub niet in schrijven")
            found = await self._most(pool, target)
        return found if isinstance(found, Sent) else Welcome(_RATE)

    async def send(self, target: Target, deliveries: Sequence[Handed]) -> Sequence[Sent]:
        """Writes until one is not taken, and never too long, but always one. What the room may know is asked
        each time: anybody may have been let in since."""
        sent: list[Sent] = []
        async with self._outside.connections(target) as (pool,):
            most = await self._most(pool, target)
            if isinstance(most, Sent):
                return [most]
            until = asyncio.get_running_loop().time() + _TURN_SECONDS
            for one in deliveries[:_MOST_AT_ONCE]:
                sent.append(await self._tell(pool, target, one, most))
                is_late = asyncio.get_running_loop().time() >= until
                if is_late or sent[-1].outcome not in (Outcome.TAKEN, Outcome.KEPT):
                    break
        return sent

    async def _tell(self, pool: httpcore.AsyncConnectionPool, target: Target, one: Handed, most: Tlp) -> Sent:
        if is_exercise(one.event["source"]) and is_real_host(target.target["url"]):
            return Sent(Outcome.KEPT, EXERCISE)
        if not may_tell(Tlp(one.event["tlp"]), most):
            return Sent(Outcome.KEPT, "room-may-not-know")
        path = f"/rooms/{_name(target)}/send/m.room.message/{one.key}"
        answer = await self._asked(pool, target, "PUT", path, notice(one, self._public_url))
        return answer if isinstance(answer, Sent) else Sent(Outcome.TAKEN)

    async def _most(self, pool: httpcore.AsyncConnectionPool, target: Target) -> Tlp | Sent:
        """What the room may know today."""
        states = []
        for kind in ("m.room.join_rules", "m.room.history_visibility"):
            found = await self._state(pool, target, kind)
            if isinstance(found, Sent):
                return found
            states.append(found)
        return most_for(Tlp(target.target["most"]), *states)

    async def _state(
        self, pool: httpcore.AsyncConnectionPool, target: Target, kind: str
    ) -> dict[str, Any] | Sent:
        """The state of the room of this kind; empty: it has none."""
        answer = await self._asked(pool, target, "GET", f"/rooms/{_name(target)}/state/{kind}/")
        if isinstance(answer, Sent):
            return {} if answer.why.endswith(" M_NOT_FOUND") else answer
        return answer

    async def _asked(
        self,
        pool: httpcore.AsyncConnectionPool,
        target: Target,
        method: str,
        path: str,
        body: dict[str, Any] | None = None,
    ) -> dict[str, Any] | Sent:
        token = target.secrets[0]["secret"]
        headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        content = b"" if body is None else json.dumps(body).encode()
        url = f"{target.target['url']}{_API}{path}"
        answer = await self._outside.ask(pool, method, url, headers, content)
        if isinstance(answer, Sent):
            return answer
        said = _said(answer)
        return said if answer.is_good else _refused(answer, said)

    async def close(self) -> None:
        await self._outside.close()


def _name(target: Target) -> str:
    return quote(target.target["room"], safe="")


def _said(answer: Reply) -> dict[str, Any]:
    try:
        said = json.loads(answer.body)
    except ValueError:
        return {}
    return said if isinstance(said, dict) else {}


def _refused(answer: Reply, said: dict[str, Any]) -> Sent:
    """What went wrong, with the code of the server; how long to leave it alone may stand in the body."""
    sent = not_taken(answer)
    code = said.get("errcode")
    if isinstance(code, str) and code.isascii() and code.isprintable():
        sent = sent._replace(why=f"{sent.why}: {code[:60]}")
    wait = said.get("retry_after_ms")
    if sent.outcome is Outcome.BUSY and sent.until is None and isinstance(wait, int) and wait >= 0:
        until = datetime.now(UTC) + min(timedelta(milliseconds=min(wait, 10**9)), LONGEST_WAIT)
        sent = sent._replace(until=until)
    return sent
