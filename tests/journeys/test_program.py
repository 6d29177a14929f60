"""The program as people use it: commands, files, exit codes, and the words they get."""

import asyncio
import json
import os
import signal
import sys
from asyncio.subprocess import PIPE, STDOUT, Process
from pathlib import Path
from typing import Any

import pytest

from hub.settings import Settings
from hub.store import tables
from tests.journeys.running import RunningHub
from tests.samples import sample

ROOT = Path(__file__).parents[2]
LIMBURG = ROOT / "scenarios" / "limburg"


async def _start(*words: str | Path, env: dict[str, str] | None = None) -> Process:
    program = Path(sys.executable).with_name("kernhub")
    return await asyncio.create_subprocess_exec(
        program, *map(str, words), stdout=PIPE, stderr=STDOUT, env={**os.environ, **(env or {})}, cwd=ROOT
    )


async def _run(*words: str | Path, env: dict[str, str] | None = None) -> tuple[int | None, str]:
    process = await _start(*words, env=env)
    output, _ = await process.communicate()
    return process.returncode, output.decode()


def _write(path: Path, *events: Any) -> Path:
    path.write_text("".join(json.dumps(event) + "\n" for event in events))
    return path


@pytest.fixture
def env(hub: RunningHub) -> dict[str, str]:
    return hub.settings.as_environment()


async def test_a_token_from_the_program_publishes_a_folder_once(
    hub: RunningHub, env: dict[str, str], tmp_path: Path
) -> None:
    code, output = await _run("token", "gm0935", env=env)
    assert code == 0
    assert "Gemeente Maastricht" in output
    env |= {"KERNHUB_TOKEN": output.split()[-1]}
    _write(tmp_path / "a.jsonl", sample("een"), sample("twee"))
    (tmp_path / "b.json").write_text(json.dumps(sample("drie"), indent=2))
    assert await _run("publish", tmp_path, env=env) == (0, "3 aangenomen\n")
    assert await _run("publish", tmp_path, env=env) == (0, "3 al bekend\n")
    await hub.until_quiet()
    assert {row.content["id"] for row in await hub.rows(tables.event)} == {"een", "twee", "drie"}
    code, output = await _run("ledger", "verify", env=env)
    assert code == 0
    assert "Het grootboek klopt" in output


async def test_publishing_names_the_line_and_every_broken_field_and_keeps_the_rest(
    hub: RunningHub, env: dict[str, str], tmp_path: Path
) -> None:
    env |= {"KERNHUB_TOKEN": await hub.token("gm0935")}
    file = _write(tmp_path / "mix.jsonl", sample("goed"), sample("fout", tlp=None, functions="elektra"))
    file.write_text(file.read_text() + "{geen json\n")
    code, output = await _run("publish", file, env=env)
    assert code == 1
    assert "mix.jsonl:2: De gebeurtenis klopt niet" in output
    assert "tlp ontbreekt" in output
    assert "functions/0 moet een van deze zijn" in output
    assert "mix.jsonl:3: niet te lezen" in output
    assert "1 aangenomen, 2 geweigerd" in output


MISTAKES: list[tuple[list[str], int, str]] = [
    (["token", "gm0936"], 1, "Bedoelt u gm0"),
    (["publish", "bestaat-niet.json", "--token", "x"], 1, "is niet te lezen"),
    (["publish", "tests", "--token", "x"], 1, "staat geen bestand"),
    (["publish", "scenarios/limburg/week-01.jsonl", "--token", "x"], 1, "sleutel"),
    (["publish", "scenarios/limburg/week-01.jsonl"], 2, "--token"),
    (["publish", "scenarios/limburg", "--token", "x", "--url", "http://127.0.0.1:9"], 1, "geen antwoord"),
    (["run", "bakker"], 2, "router"),
    (["play", "tests"], 1, "staat geen bestand"),
]


async def test_a_mistake_gets_a_sentence_and_never_a_traceback(hub: RunningHub, env: dict[str, str]) -> None:
    for words, code, text in MISTAKES:
        given, output = await _run(*words, env=env)
        assert given == code, output
        assert text in output
        assert "Traceback" not in output


async def test_files_are_checked_without_a_hub(tmp_path: Path) -> None:
    nothing = {"KERNHUB_VAR": str(tmp_path / "var")}
    code, output = await _run("check", LIMBURG, ROOT / "schemas" / "examples", env=nothing)
    assert (code, output) == (0, "275 goed, 0 fout\n")
    file = _write(
        tmp_path / "mix.jsonl", sample("goed"), sample("fout", tlp=None), sample("x", areas="GM9999")
    )
    code, output = await _run("check", file, env=nothing)
    assert code == 1
    assert "mix.jsonl:2: klopt niet\n  tlp ontbreekt\n" in output
    assert "mix.jsonl:3: klopt niet\n  areas 'GM9999' is geen gebied in het register\n" in output
    assert output.endswith("1 goed, 2 fout\n")
    data = {
        "text": "Hoe diep?",
        "standard_question": "stations-at-water-dept",
        "parameters": {"depth_cm": "50"},
    }
    file = _write(tmp_path / "vraag.jsonl", sample("vraag", "question.raised", data=data))
    code, output = await _run("check", file, env=nothing)
    assert code == 1
    assert "data/standard_question 'stations-at-water-dept' staat niet in de catalogus" in output
    assert "Bedoelt u 'stations-at-water-depth'" in output


async def test_the_standard_questions_are_told_without_a_hub() -> None:
    code, output = await _run("questions", "drinking-water")
    assert code == 0
    assert "drinking-water-pressure-without-power\n" in output
    assert "hours: 4, 8, 24, 72, 168 (uur); anders 24" in output
    code, output = await _run("questions")
    assert code == 0
    assert "Publiek netwerk (telecom-public)\n  mast-battery-runtime: " in output
    code, output = await _run("questions", "stroom")
    assert code == 2
    assert "electricity" in output


async def test_without_a_hub_each_command_says_what_to_do(tmp_path: Path) -> None:
    env = {"KERNHUB_VAR": str(tmp_path)}
    for words in (["token", "gm0935"], ["prepare"], ["ledger", "verify"], ["run", "router"]):
        code, output = await _run(*words, env=env)
        assert code == 1
        assert "KERNHUB_DATABASE_URL" in output or "KERNHUB_KAFKA_SERVERS" in output
        assert "Traceback" not in output


async def test_a_wrong_setting_is_named(tmp_path: Path) -> None:
    code, output = await _run("up", env={"KERNHUB_HTTP_PORT": "veel", "KERNHUB_VAR": str(tmp_path)})
    assert code == 1
    assert "KERNHUB_HTTP_PORT" in output
    assert "Traceback" not in output


async def test_a_whole_hub_comes_up_serves_other_commands_and_stops_at_ctrl_c(tmp_path: Path) -> None:
    env = {"KERNHUB_VAR": str(tmp_path), "KERNHUB_HTTP_PORT": "0"}
    process = await _start("up", env=env)
    assert process.stdout is not None
    address = ""
    while "KERNHUB draait".lower() not in address.lower():
        address = (await asyncio.wait_for(process.stdout.readline(), 300)).decode()
        assert address, "it ended before it was up"
    code, output = await _run("token", "enexis", env=env)
    assert code == 0, output
    code, output = await _run("ledger", "verify", env=env)
    assert (code, "Het grootboek klopt" in output) == (0, True), output
    second, words = await _run("up", env=env)
    assert (second, "al in gebruik" in words) == (1, True), words
    process.send_signal(signal.SIGINT)
    output_left, _ = await asyncio.wait_for(process.communicate(), 300)
    assert process.returncode == 130
    assert "De gegevens zijn bewaard" in output_left.decode()


async def test_a_scenario_that_is_interrupted_goes_on_where_it_was(
    services: Settings, tmp_path: Path
) -> None:
    story = tmp_path / "verhaal"
    story.mkdir()
    for week in (1, 2):
        (story / f"week-0{week}.jsonl").write_bytes((LIMBURG / f"week-0{week}.jsonl").read_bytes())
    env = {"KERNHUB_VAR": str(tmp_path / "var"), "KERNHUB_HTTP_PORT": "0"}
    process = await _start("play", story, "--once", env=env)
    assert process.stdout is not None
    line = ""
    while "7 juni" not in line:
        line = (await asyncio.wait_for(process.stdout.readline(), 300)).decode()
        assert line, "it ended before it was halfway"
    process.send_signal(signal.SIGINT)
    await asyncio.wait_for(process.communicate(), 300)
    assert process.returncode == 130
    for _ in range(2):
        code, output = await _run("play", story, "--once", env=env)
        assert code == 0, output
        assert "51  gebeurtenissen" in output
        assert "Er ging niets verloren en niets kwam dubbel aan." in output
    (tmp_path / "ander").mkdir()
    _write(tmp_path / "ander" / "x.jsonl", sample("van-elders"))
    code, output = await _run("play", tmp_path / "ander", "--once", env=env)
    assert code == 1
    assert "--fresh" in output
