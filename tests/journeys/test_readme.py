"""The examples in the README and in docs/in-five-minutes.md, run as they stand there."""

import asyncio
import json
import os
import re
import shlex
import shutil
import sys
from asyncio.subprocess import PIPE, STDOUT
from pathlib import Path

import confluent_kafka

from hub.store import tables
from tests.filled import FILLED, template_with
from tests.journeys.running import RunningHub

ROOT = Path(__file__).parents[2]
_EXAMPLE = re.compile(r"<!-- tested: (\w+) -->\n```\w+\n(.*?)```", re.DOTALL)


async def _shell(script: str, env: dict[str, str]) -> str:
    process = await asyncio.create_subprocess_exec(
        "sh", "-euc", script, stdout=PIPE, stderr=STDOUT, cwd=ROOT, env={**os.environ, **env}
    )
    output, _ = await process.communicate()
    assert process.returncode == 0, output.decode()
    return output.decode()


async def test_the_first_event_of_the_readme_is_taken_in_by_each_way(
    new_hub: RunningHub, tmp_path: Path
) -> None:
    hub = new_hub
    examples = dict(_EXAMPLE.findall((ROOT / "README.md").read_text()))
    env = hub.settings.as_environment()
    assert "202 Accepted" in await _shell(examples["curl"], env)
    await hub.until_quiet()
    assert "1 al bekend" in await _shell(examples["publish"], env)
    assert "partition" in await _shell(examples["kafka"], env)
    await hub.until_quiet()
    (event,) = await hub.rows(tables.event)
    assert event.content["id"] == "knelpunt-borgharen-1"
    assert "knelpunt-borgharen-1" in await _shell(examples["pull"], env)

    five = dict(_EXAMPLE.findall((ROOT / "docs" / "in-five-minutes.md").read_text()))
    own = {**env, "KERNHUB_TOKEN": await hub.token("gm0935")}
    spool = ROOT / "var" / "events.db"
    for left in spool.parent.glob(f"{spool.name}*"):
        left.unlink()
    assert "202 Accepted" in await _shell(five["curl"], own)
    python = f"{sys.executable} - <<'PROGRAM'\n{five['python']}PROGRAM\n"
    assert await _shell(python, own) == "knelpunt-borgharen-2 accepted []\n0 left to send\n"
    assert "partition" in await _shell(five["kafka"], own)
    if shutil.which("kcat"):
        # With the library that we have, since the one of a distribution may be too old for this Kafka.
        (library,) = (Path(confluent_kafka.__file__).parents[1] / "confluent_kafka.libs").glob("librdkafka*")
        kcat = {**own, "LD_PRELOAD": str(library)}
        assert "problems/" not in await _shell(five["kcat"], kcat)
        assert "problems/" not in await _shell(_in_binary_mode(five["kcat"], tmp_path), kcat)
        await hub.until_kept({f"knelpunt-borgharen-{number}" for number in (1, 2, 3)})
    await hub.until_quiet()


def _in_binary_mode(example: str, folder: Path) -> str:
    """The example with `kcat`, that sends a third event with its attributes in headers."""
    event = json.loads((ROOT / "docs" / "examples" / "first-event.json").read_text())
    (folder / "data").write_text(json.dumps(event.pop("data")))
    event["id"] = "knelpunt-borgharen-3"
    words = [f"-H {shlex.quote(f'ce_{name}={value}')}" for name, value in event.items()]
    write, read = example.index("as_party -P"), example.index("as_party -C")
    sent = f"as_party -P -t $(account write) -H content-type=application/json {' '.join(words)} {folder}/data"
    return f"{example[:write]}{sent}\n{example[read:]}"


async def test_a_policy_officer_takes_part_with_a_file_as_the_page_says(
    hub: RunningHub, tmp_path: Path
) -> None:
    examples = dict(_EXAMPLE.findall((ROOT / "docs" / "bestanden.md").read_text()))
    env = {**hub.settings.as_environment(), "PATH": f"{ROOT / '.venv' / 'bin'}:{os.environ['PATH']}"}
    env["KERNHUB_TOKEN"] = (await _shell("kernhub token gm0935 2>/dev/null", env)).strip()
    at = f"cd {tmp_path}\n"
    await _shell(at + examples["template"], env)
    file, folder = tmp_path / "knelpunten.xlsx", tmp_path / "postvak"
    template = file.read_bytes()
    file.write_bytes(template_with(template, {**FILLED, "Ernst": "erg"}))
    said = await _shell(at + examples["proef"].rstrip() + " || true", env)
    assert "cel K2" in said
    file.write_bytes(template_with(template, FILLED))
    assert "1 zou worden aangenomen" in await _shell(at + examples["proef"], env)
    assert "1 aangenomen" in await _shell(at + examples["send"], env)
    await hub.until_quiet()
    (event,) = await hub.rows(tables.event, tables.event.c.subject == "station-1")
    assert event.content["data"]["title"] == FILLED["Titel"]

    folder.mkdir()
    (folder / "goed.xlsx").write_bytes(file.read_bytes())
    (folder / "fout.csv").write_text("Soort;Titel\r\nKnelpunt gevonden;=1+1\r\n")
    said = await _shell(at + examples["watch"].rstrip() + " || true", env)
    assert "0 aangenomen, 1 al bekend" in said
    assert (folder / "verwerkt" / "goed.xlsx").exists()
    assert (folder / "geweigerd" / "fout.csv").exists()
    assert "deze kolom ontbreekt" in (folder / "geweigerd" / "fout.csv.fouten.csv").read_text()
