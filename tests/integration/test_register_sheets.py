"""The register out and in over HTTP: the administrator only, all or nothing, and nothing undone unasked."""

import io
import json
import zipfile
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncEngine

from connectors.api import archive
from consumers.commands.keys import make_token
from hub.register.history import Kind
from hub.settings import Settings
from hub.store import tables
from hub.store.access.tokens import new_token
from hub.store.clock import SystemClock
from hub.store.database import transaction
from hub.store.register.registers import Registers
from tests.events import source_of
from tests.integration.test_intake import _door
from tests.registers import HISTORY, REGISTER, save, with_facts
from tests.samples import sample


@pytest.fixture
async def admin(
    settings: Settings, pool: AsyncEngine, capsys: pytest.CaptureFixture[str]
) -> AsyncIterator[httpx.AsyncClient]:
    assert await make_token(settings, "kernhub") == 0
    token, said = capsys.readouterr()
    assert "sleutel van de beheerder" in said
    async with _door(settings, pool, token.strip()) as client:
        yield client


async def _exported(admin: httpx.AsyncClient) -> dict[str, str]:
    response = await admin.get("/v1/register/sheets")
    assert (response.status_code, response.headers["content-type"]) == (200, "application/zip")
    assert response.headers["content-disposition"].startswith('attachment; filename="register-versie-')
    with zipfile.ZipFile(io.BytesIO(response.content)) as out:
        return {name: out.read(name).decode("utf-8-sig") for name in out.namelist()}


async def _import(
    admin: httpx.AsyncClient, files: dict[str, str], status: int = 200, query: str = ""
) -> dict[str, Any]:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as out:
        for name, content in files.items():
            out.writestr(name, content)
    response = await admin.post(
        f"/v1/register/imports{query}", content=made.getvalue(), headers={"Content-Type": "application/zip"}
    )
    assert response.status_code == status, response.text
    told: dict[str, Any] = response.json()
    return told


def _moved(files: dict[str, str], mailbox: str) -> dict[str, str]:
    return {**files, "partijen.csv": files["partijen.csv"].replace("enexis@postbus.example", mailbox)}


async def _versions(pool: AsyncEngine) -> list[dict[str, Any]]:
    async with transaction(pool) as connection:
        kind = tables.ledger.c.kind == "register-version"
        records = list((await connection.execute(select(tables.ledger.c.record).where(kind))).scalars())
    return sorted((json.loads(record) for record in records), key=lambda one: one["register"])


async def test_sheets_go_out_are_changed_and_come_in_again(
    admin: httpx.AsyncClient, pool: AsyncEngine
) -> None:
    files = await _exported(admin)
    same = {"dryRun": False, "registerVersion": 1, "changes": [], "warning": None}
    assert await _import(admin, files) == same
    changed = _moved(files, "vragen@enexis.example")
    change = {
        "sheet": "partijen",
        "key": "enexis",
        "change": "changed",
        "validFrom": "2024-01-01",
        "validUntil": None,
        "fields": ["postbus"],
    }
    tried = await _import(admin, changed, query="?dryRun=true")
    assert tried == {**same, "dryRun": True, "changes": [change]}
    assert [one["register"] for one in await _versions(pool)] == [1]
    made = await _import(admin, changed)
    assert made == {**same, "registerVersion": 2, "changes": [change]}
    assert (await Registers(pool, SystemClock()).newest()).parties[
        "enexis"
    ].mailbox == "vragen@enexis.example"
    assert [(one["register"], one["by"]) for one in await _versions(pool)] == [
        (1, "seed"),
        (2, "administrator"),
    ]
    files = await _exported(admin)
    real = files["partijen.csv"].replace(REGISTER.parties["enexis"].oin, "00000001234567890000")
    made = await _import(admin, {**files, "partijen.csv": real})
    assert "bereikt daarom geen echte partij" in made["warning"]


async def test_everything_wrong_is_told_at_once_by_sheet_and_line_and_nothing_changes(
    admin: httpx.AsyncClient, pool: AsyncEngine
) -> None:
    files = await _exported(admin)
    roles = files["rollen.csv"].split("\r\n")
    roles[4] = roles[4].replace(roles[4].split(";")[0], "Niet Goed")
    parties = _moved(files, "geen adres")["partijen.csv"]
    at = 1 + [line.split(";")[0] for line in parties.split("\r\n")].index("enexis")
    told = await _import(admin, {**files, "rollen.csv": "\r\n".join(roles), "partijen.csv": parties}, 422)
    assert {(one["sheet"], one["line"], one["field"], one["code"]) for one in told["errors"]} == {
        ("rollen", 5, "partij", "cell"),
        ("partijen", at, "postbus", "cell"),
    }
    assert all(one["detail"] for one in told["errors"])
    gone = "\r\n".join(line for line in files["partijen.csv"].split("\r\n") if not line.startswith("enexis;"))
    told = await _import(admin, {"partijen.csv": gone, "versie.csv": files["versie.csv"]}, 422)
    assert {one["sheet"] for one in told["errors"]} == {"rollen"}
    assert all("niet in deze import" in one["detail"] and one["line"] > 1 for one in told["errors"])
    assert len(await _versions(pool)) == 1


async def test_sheets_that_are_behind_undo_nothing_unasked(
    admin: httpx.AsyncClient, pool: AsyncEngine
) -> None:
    files = await _exported(admin)
    await save(pool, with_facts(HISTORY, Kind.PARTY, "acm", mailbox="post@acm.example"))
    changed = _moved(files, "vragen@enexis.example")
    told = await _import(admin, changed, 409)
    (error,) = told["errors"]
    assert (error["sheet"], error["code"]) == ("partijen", "changed_since")
    assert "sinds versie 1 veranderde: ~ partijen acm" in error["detail"]
    without = {name: text for name, text in changed.items() if name != "versie.csv"}
    told = await _import(admin, without, 409, "?dryRun=true")
    assert [one["code"] for one in told["errors"]] == ["unknown_version"]
    later = {**changed, "versie.csv": changed["versie.csv"].replace(";1", ";9")}
    assert [one["code"] for one in (await _import(admin, later, 409))["errors"]] == ["later_version"]
    assert len(await _versions(pool)) == 2

    made = await _import(admin, without, query="?replace=true")
    assert {one["key"] for one in made["changes"]} == {"enexis", "acm"}


async def test_what_is_no_zip_of_sheets_is_refused(admin: httpx.AsyncClient, pool: AsyncEngine) -> None:
    def post(content: bytes, media_type: str = "application/zip") -> Any:
        headers = {"Content-Type": media_type}
        return admin.post("/v1/register/imports", content=content, headers=headers)

    answers = [
        await post(b"geen zip"),
        await post(b"", "text/csv"),
        await post(b"0" * (archive.MOST_PACKED + 1)),
        await admin.post("/v1/register/imports?dryrun=true", content=b""),
    ]
    assert [answer.status_code for answer in answers] == [422, 415, 413, 400]
    assert len(await _versions(pool)) == 1


async def test_only_the_administrator_gets_the_sheets_out_or_in(
    settings: Settings, pool: AsyncEngine, admin: httpx.AsyncClient
) -> None:
    async with transaction(pool) as connection:
        tokens = [
            await new_token(connection, slug, datetime.now(UTC)) for slug in ("gm0935", "kernteam-overall")
        ]
    zip_type = {"Content-Type": "application/zip"}
    for token in tokens:
        async with _door(settings, pool, token) as party:
            for answer in (
                await party.get("/v1/register/sheets"),
                await party.post("/v1/register/imports?dryRun=true", content=b"", headers=zip_type),
            ):
                assert (answer.status_code, answer.json()["title"]) == (
                    403,
                    "Dit mag alleen de beheerder van de hub",
                )
    nobody = {"Authorization": "Bearer niets"}
    assert (await admin.get("/v1/register/sheets", headers=nobody)).status_code == 401


async def test_the_administrator_takes_no_part_in_the_exchange(
    admin: httpx.AsyncClient, pool: AsyncEngine
) -> None:
    own = sample("van-de-hub", source=source_of("kernhub"))
    for method, path in (
        ("POST", "events"),
        ("POST", "events?dryRun=true"),
        ("PUT", "subscriptions/alles"),
        ("GET", "subscriptions"),
        ("DELETE", "subscriptions/alles"),
        ("GET", f"events/{'0' * 32}/explanation"),
        ("GET", f"events/{'0' * 32}/chain-effects"),
    ):
        answer = await admin.request(method, f"/v1/{path}", content=json.dumps(own))
        assert (answer.status_code, answer.json()["title"]) == (403, "Dit mag een beheerder niet"), path
    assert (await admin.get("/v1/parties/enexis")).status_code == 200
    async with transaction(pool) as connection:
        assert (await connection.execute(select(tables.claim))).first() is None
