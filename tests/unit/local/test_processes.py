import asyncio
import os
import signal
import sys
from pathlib import Path

import pytest

from consumers.local.processes import Processes

SLEEP = [sys.executable, "-c", "import time; print('up', flush=True); time.sleep(60)"]


async def test_a_crash_is_said_with_its_code_and_last_lines(tmp_path: Path) -> None:
    processes = Processes()
    log = tmp_path / "log" / "worker.log"
    await processes.start("worker", [sys.executable, "-c", "import sys; print('oh'); sys.exit(3)"], log=log)
    crash = await asyncio.wait_for(processes.crashed(), 60)
    assert (crash.name, crash.code, crash.lines) == ("worker", 3, ["oh"])
    assert str(log) in str(crash)
    await processes.start("worker", SLEEP, log=log)
    os.kill(processes.pid("worker"), signal.SIGKILL)
    assert "SIGKILL" in str(await asyncio.wait_for(processes.crashed(), 60))
    await processes.stop_all()


async def test_a_stop_is_no_crash(tmp_path: Path) -> None:
    processes = Processes()
    await processes.start("worker", SLEEP, log=tmp_path / "worker.log")
    await processes.stop("worker")
    assert not processes.runs("worker")
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(processes.crashed(), 0.1)


async def test_who_does_not_listen_is_killed(tmp_path: Path) -> None:
    deaf = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN)\n" + SLEEP[-1]
    processes = Processes()
    log = tmp_path / "deaf.log"
    child = await processes.start("deaf", [sys.executable, "-c", deaf], log=log)
    while not child.last_lines():  # noqa: ASYNC110 - another process writes it
        await asyncio.sleep(0.02)
    await processes.stop("deaf", timeout=0.2)
    assert child.code == -signal.SIGKILL


async def test_a_name_runs_once(tmp_path: Path) -> None:
    processes = Processes()
    await processes.start("worker", SLEEP, log=tmp_path / "worker.log")
    with pytest.raises(ValueError, match="worker"):
        await processes.start("worker", SLEEP, log=tmp_path / "worker.log")
    await processes.stop_all()


async def test_a_child_has_a_session_of_its_own(tmp_path: Path) -> None:
    processes = Processes()
    child = await processes.start("worker", SLEEP, log=tmp_path / "worker.log")
    assert os.getsid(child.pid) == child.pid
    await processes.stop_all()
