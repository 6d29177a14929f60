"""The register as its administrator keeps it, with the program and with sheets."""

import asyncio
import csv
from pathlib import Path

from sqlalchemy.ext.asyncio import AsyncEngine

from hub.register.sheets import SHEET_NAMES
from hub.settings import Settings
from hub.store.clock import SystemClock
from hub.store.register.registers import Registers
from tests.journeys.running import RunningHub
from tests.journeys.test_program import _run


def _replace(sheet: Path, old: str, new: str) -> None:
    sheet.write_text(sheet.read_text("utf-8-sig").replace(old, new))


def _spoil(sheet: Path) -> None:
    rows = list(csv.reader(sheet.read_text("utf-8-sig").splitlines(), delimiter=";"))
    rows[4][0], rows[6] = "nergens", rows[5]
    sheet.write_text("\n".join(";".join(row) for row in rows))


async def test_who_is_what_can_be_asked_of_any_day(settings: Settings) -> None:
    env = settings.as_environment()
    code, output = await _run("register", "who", "drinking-water", "gm0363", "--on", "2025-07-01", env=env)
    assert code == 0
    assert "Drinkwater in Amsterdam op 1 juli 2025" in output
    assert (
        "verantwoordelijk ministerie Ministerie van Infrastructuur en Waterstaat (IenW) (min-ienw)" in output
    )
    code, output = await _run("register", "who", "electricity", "PV31", "--on", "1-7-2025", env=env)
    assert "Ministerie van Klimaat en Groene Groei" in output
    code, output = await _run("register", "who", "electricity", "PV31", "--on", "2020-01-01", env=env)
    assert (code, "begint op 1 januari 2024" in output) == (1, True)
    code, output = await _run("register", "who", "electricity", "GM9999", env=env)
    assert (code, "geen gebied" in output) == (1, True)


async def test_a_sheet_goes_out_is_changed_and_comes_back(
    settings: Settings, pool: AsyncEngine, tmp_path: Path
) -> None:
    env = settings.as_environment()
    registers = Registers(pool, SystemClock())
    code, output = await _run("register", "export", tmp_path, env=env)
    assert (code, "partijen.csv: 574 regels" in output) == (0, True)
    sheets = [tmp_path / f"{name}.csv" for name in SHEET_NAMES.values()]
    assert await _run("register", "import", *sheets, env=env) == (0, "Er verandert niets.\n")

    sheet = tmp_path / "partijen.csv"
    _replace(sheet, "enexis@postbus.example", "vragen@enexis.example")
    code, output = await _run("register", "import", sheet, "--dry-run", env=env)
    assert "~ partijen enexis, vanaf 2024-01-01: anders (postbus)" in output
    assert "Dit was een proef" in output
    assert (await registers.newest()).parties["enexis"].mailbox == "enexis@postbus.example"
    code, output = await _run("register", "import", sheet, env=env)
    assert (code, "Het register is nu versie 2" in output) == (0, True)
    assert (await registers.newest()).parties["enexis"].mailbox == "vragen@enexis.example"


async def test_sheets_that_are_behind_undo_nothing_unasked(new_hub: RunningHub, tmp_path: Path) -> None:
    hub = new_hub
    env = hub.settings.as_environment()
    mine, theirs = tmp_path / "mijn", tmp_path / "hun"
    for folder in (mine, theirs):
        await _run("register", "export", folder, env=env)
    token = {"Authorization": f"Bearer {await hub.token('pv31')}"}
    response = await hub.client.put("/v1/subscriptions/olie", json={"wish": "digest"}, headers=token)
    assert response.status_code == 200

    code, output = await _run("register", "import", mine / "abonnementen.csv", env=env)
    assert (code, "+ abonnementen pv31 olie" in output, "--replace" in output) == (1, True, True)
    _replace(mine / "partijen.csv", "enexis@postbus.example", "vragen@enexis.example")
    _replace(theirs / "partijen.csv", "acm@postbus.example", "post@acm.example")
    answers = await asyncio.gather(
        *(_run("register", "import", folder / "partijen.csv", env=env) for folder in (mine, theirs))
    )
    assert sorted(code or 0 for code, _ in answers) == [0, 1]
    (refused,) = (output for code, output in answers if code == 1)
    assert "(versie 1) veranderde:\n  ~ partijen" in refused
    registers = Registers(hub.pool, SystemClock())
    register = await registers.newest()
    assert [s.party for s in register.subscriptions] == ["pv31"]
    told = {register.parties["enexis"].mailbox, register.parties["acm"].mailbox}
    assert len(told & {"vragen@enexis.example", "post@acm.example"}) == 1

    winner = mine if answers[0][0] == 0 else theirs
    _replace(winner / "partijen.csv", "actiz@postbus.example", "post@actiz.example")
    code, output = await _run("register", "import", winner / "partijen.csv", winner / "versie.csv", env=env)
    assert (code, "Het register is nu versie 4" in output) == (0, True)
    code, output = await _run("register", "import", winner / "abonnementen.csv", env=env)
    assert (code, "+ abonnementen pv31 olie" in output) == (1, True)

    (winner / "versie.csv").unlink()
    code, output = await _run("register", "import", winner / "partijen.csv", env=env)
    assert (code, output) == (0, "Er verandert niets.\n")
    words = ("register", "import", winner / "abonnementen.csv")
    code, output = await _run(*words, env=env)
    assert (code, "staat geen versie.csv" in output) == (1, True)
    code, output = await _run(*words, "--replace", env=env)
    assert (code, "- abonnementen pv31 olie" in output) == (0, True)


async def test_a_wrong_sheet_is_refused_by_line_and_the_register_is_as_it_was(
    settings: Settings, pool: AsyncEngine, tmp_path: Path
) -> None:
    env = settings.as_environment()
    await _run("register", "export", tmp_path, env=env)
    sheet = tmp_path / "rollen.csv"
    _spoil(sheet)
    code, output = await _run("register", "import", sheet, env=env)
    assert code == 1
    assert "rollen, regel 5, kolom 'partij': 'nergens' staat niet in het register" in output
    assert "staat er twee keer" in output
    assert "Het register is niet veranderd." in output
    assert (await Registers(pool, SystemClock()).newest()).version == 1
    code, output = await _run("register", "import", tmp_path / "onbekend.csv", env=env)
    assert (code, "De bladen heten: functies.csv" in output) == (1, True)


async def test_a_merger_is_shown_first_and_then_done(settings: Settings) -> None:
    env = settings.as_environment()
    words = ("register", "merge", "gm1696", "--into", "gm0402", "--on", "2027-01-01")
    code, output = await _run(*words, "--dry-run", env=env)
    assert (code, "| gebieden GM1696, vanaf 2024-01-01 tot 2027-01-01" in output) == (0, True)
    assert "Rol van gm1696: beheerder van waste-water heeft gm0402 al" in output
    code, output = await _run(*words, "--into", "GM0417", env=env)
    assert (code, "splitsen kan 'merge' niet" in output) == (1, True)
    code, output = await _run(*words, env=env)
    assert (code, "Het register is nu versie 2" in output) == (0, True)
    code, output = await _run(*words, env=env)
    assert (code, "'GM1696' is op 2027-01-01 geen gemeente" in output) == (1, True)
    code, output = await _run("register", "who", "oil", "GM1696", "--on", "2030-01-01", env=env)
    assert "Wijdemeren (GM1696) bestaat niet meer sinds 1 januari 2027, en ging op in Hilversum" in output
