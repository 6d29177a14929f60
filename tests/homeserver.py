"""A real Matrix homeserver (Synapse, with SQLite) on this machine, with accounts and rooms for tests."""

import asyncio
import hashlib
import hmac
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, NamedTuple

import httpx

from tests.ports import free_port

_SHARED = "gedeeld-geheim-van-de-test"
_API = "/_matrix/client/v3"
_CONFIG = """
server_name: hub.test
pid_file: {folder}/homeserver.pid
listeners:
  - {{port: {port}, bind_addresses: [127.0.0.1], tls: false, type: http, resources: [{{names: [client]}}]}}
database: {{name: sqlite3, args: {{database: "{folder}/homeserver.db"}}}}
media_store_path: {folder}/media
signing_key_path: {folder}/signing.key
registration_shared_secret: {shared}
macaroon_secret_key: {shared}
report_stats: false
trusted_key_servers: []
suppress_key_server_warning: true
rc_message: {{per_second: 1000, burst_count: 1000}}
"""


class Person(NamedTuple):
    """An account that is logged in."""

    client: httpx.AsyncClient
    name: str
    token: str

    async def ask(self, method: str, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        headers = {"Authorization": f"Bearer {self.token}"}
        answer = await self.client.request(method, f"{_API}{path}", json=body, headers=headers)
        answer.raise_for_status()
        found: dict[str, Any] = answer.json()
        return found

    async def room(self, **wanted: Any) -> str:
        """A new room; its id."""
        made = await self.ask("POST", "/createRoom", wanted)
        return str(made["room_id"])

    async def read(self, room: str) -> list[dict[str, Any]]:
        """The messages in a room, oldest first."""
        found = await self.ask("GET", f"/rooms/{room}/messages?dir=f&limit=100")
        return [one["content"] for one in found["chunk"] if one["type"] == "m.room.message"]


class Homeserver(NamedTuple):
    """A homeserver that runs."""

    url: str
    client: httpx.AsyncClient

    async def person(self, name: str) -> Person:
        """A new account."""
        path = "/_synapse/admin/v1/register"
        nonce = (await self.client.get(path)).json()["nonce"]
        told = "\0".join((nonce, name, name, "notadmin")).encode()
        mac = hmac.new(_SHARED.encode(), told, hashlib.sha1).hexdigest()
        wanted = {"nonce": nonce, "username": name, "password": name, "admin": False, "mac": mac}
        answer = await self.client.post(path, json=wanted)
        answer.raise_for_status()
        made = answer.json()
        return Person(self.client, made["user_id"], made["access_token"])


@asynccontextmanager
async def homeserver(folder: Path) -> AsyncIterator[Homeserver]:
    """Starts one in this folder, and stops it."""
    port = free_port()
    config = folder / "homeserver.yaml"
    config.write_text(_CONFIG.format(folder=folder, port=port, shared=_SHARED))
    run = (sys.executable, "-m", "synapse.app.homeserver", "--config-path", str(config))
    made = await asyncio.create_subprocess_exec(*run, "--generate-keys", cwd=folder)
    assert await made.wait() == 0
    with (folder / "out").open("wb") as out:
        process = await asyncio.create_subprocess_exec(*run, cwd=folder, stdout=out, stderr=out)
    url = f"http://127.0.0.1:{port}"
    try:
        async with httpx.AsyncClient(base_url=url, timeout=60) as client:
            async with asyncio.timeout(180):
                while not await _answers(client):
                    assert process.returncode is None, (folder / "out").read_text()
                    await asyncio.sleep(0.1)
            yield Homeserver(url, client)
    finally:
        process.kill()
        await process.wait()


async def _answers(client: httpx.AsyncClient) -> bool:
    try:
        return (await client.get("/health")).status_code == 200
    except httpx.TransportError:
        return False
