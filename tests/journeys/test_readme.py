"""The examples in the README, run as they stand there."""

import asyncio
import os
import re
from asyncio.subprocess import PIPE, STDOUT
from pathlib import Path

from hub.store import tables
from tests.journeys.running import RunningHub

ROOT = Path(__file__).parents[2]
_EXAMPLE = re.compile(r"<!-- tested: (\w+) -->\n```sh\n(.*?)```", re.DOTALL)


async def _shell(script: str, env: dict[str, str]) -> str:
    process = await asyncio.create_subprocess_exec(
        "sh", "-euc", script, stdout=PIPE, stderr=STDOUT, cwd=ROOT, env={**os.environ, **env}
    )
    output, _ = await process.communicate()
    assert process.returncode == 0, output.decode()
    return output.decode()


async def test_the_first_event_of_the_readme_is_taken_in_by_each_way(hub: RunningHub) -> None:
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
