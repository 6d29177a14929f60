"""Supervises child processes: starts, stops, and notices the one that ends by itself."""

import asyncio
import os
import signal
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from consumers.local import launch

_LOG_LIMIT = 10_000_000  # bytes; a longer log is put aside at the next start


@dataclass(frozen=True)
class User:
    """Who a child runs as. `closed_folders`: it must reach its files through folders closed to that user."""

    uid: int
    gid: int
    closed_folders: bool = False


@dataclass(frozen=True)
class Crash:
    """A child that ended by itself: its exit code (negative: the signal that ended it) and its last lines."""

    name: str
    code: int
    log: Path
    lines: list[str]

    def __str__(self) -> str:
        how = f"code {self.code}"
        if self.code < 0:
            how = f"signaal {signal.Signals(-self.code).name}"
        tail = "".join(f"\n  {line}" for line in self.lines)
        return f"{self.name} is onverwacht gestopt ({how}). Zie {self.log}, laatste regels:{tail}"


@dataclass
class Child:
    name: str
    process: asyncio.subprocess.Process
    log: Path
    stop_signal: signal.Signals
    on_trial: bool
    stopping: bool = False
    ended: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def pid(self) -> int:
        return self.process.pid

    @property
    def code(self) -> int | None:
        """Exit code, None while it runs."""
        return self.process.returncode

    def last_lines(self, count: int = 8) -> list[str]:
        return last_lines(self.log, count)


class Processes:
    """The children of one supervisor, by name. Each has a session of its own, so that Ctrl-C in a terminal
    reaches the supervisor only, and on Linux ends when the supervisor is gone, however that went."""

    def __init__(self) -> None:
        self._children: dict[str, Child] = {}
        self._crashes: asyncio.Queue[Crash] = asyncio.Queue()
        self._watching: set[asyncio.Task[None]] = set()
        self._handed_down: set[int] = set()

    def hand_down(self, descriptor: int) -> None:
        """Let every later child hold this open file too: a lock on it lasts until the last child is gone."""
        self._handed_down.add(descriptor)

    def keep(self, descriptor: int) -> None:
        """Take back `hand_down`."""
        self._handed_down.discard(descriptor)

    async def start(
        self,
        name: str,
        argv: Sequence[str | Path],
        *,
        log: Path,
        env: Mapping[str, str] | None = None,
        cwd: Path | None = None,
        user: User | None = None,
        stop_signal: signal.Signals = signal.SIGTERM,
        on_trial: bool = False,
    ) -> Child:
        """Start `argv` (program first) with output appended to `log`; its folder is made. `env` None: ours.
        `stop_signal` ends it in order, also when the supervisor dies. While `on_trial` (until `settle`) its
        end is no crash: who started it looks at `code`. Raises ValueError if that name runs already."""
        if self.runs(name):
            raise ValueError(f"{name} runs already")
        log.parent.mkdir(parents=True, exist_ok=True)
        _put_aside(log)
        who = user or User(-1, -1)
        words = [int(stop_signal), os.getpid(), who.uid, who.gid, int(who.closed_folders)]
        with log.open("ab") as output:
            process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-I", "-S", launch.__file__, *map(str, words), *map(str, argv)),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=output,
                stderr=asyncio.subprocess.STDOUT,
                env=env,
                cwd=cwd,
                start_new_session=True,
                pass_fds=tuple(self._handed_down),
            )
        child = Child(name, process, log, stop_signal, on_trial)
        self._children[name] = child
        watch = asyncio.create_task(self._watch(child), name=f"watch {name}")
        self._watching.add(watch)
        watch.add_done_callback(self._watching.discard)
        return child

    async def run(
        self,
        name: str,
        argv: Sequence[str | Path],
        *,
        log: Path,
        cwd: Path | None = None,
        user: User | None = None,
    ) -> Child:
        """Start a program that ends by itself and wait for that; its `code` says how. Ended if the waiting
        is broken off."""
        child = await self.start(name, argv, log=log, cwd=cwd, user=user, on_trial=True)
        try:
            await child.ended.wait()
        finally:
            await self.stop(name)
        return child

    def settle(self, name: str) -> None:
        """From now on an end that nobody asked for is a crash."""
        child = self._children[name]
        child.on_trial = False
        if child.ended.is_set():
            self._report(child)

    def runs(self, name: str) -> bool:
        child = self._children.get(name)
        return child is not None and child.code is None

    def pid(self, name: str) -> int:
        """Process id of a child. Raises KeyError if it was never started, or was stopped."""
        return self._children[name].pid

    async def stop(self, name: str, timeout: float = 10) -> None:  # noqa: ASYNC109 - for this child, then it is killed
        """End a child in order; kill it, and what it started, after `timeout` seconds. Nothing if it doesn't
        run."""
        child = self._children.get(name)
        if child is None:
            return
        child.stopping = True
        if child.code is None:
            _send(child.pid, child.stop_signal)
            try:
                await asyncio.wait_for(child.ended.wait(), timeout)
            except TimeoutError:
                _send(-child.pid, signal.SIGKILL)
            except asyncio.CancelledError:
                _send(-child.pid, signal.SIGKILL)
                raise
        await child.ended.wait()
        if self._children.get(name) is child:
            del self._children[name]

    async def stop_all(
        self,
        names: Iterable[str] | None = None,
        timeout: float = 10,  # noqa: ASYNC109 - see stop
    ) -> None:
        """End these children at the same time; all, if none are named."""
        chosen = list(self._children) if names is None else names
        await asyncio.gather(*(self.stop(name, timeout) for name in chosen))

    async def crashed(self) -> Crash:
        """Wait for the next child that ends without being asked to. Its name may be started again."""
        return await self._crashes.get()

    async def _watch(self, child: Child) -> None:
        await child.process.wait()
        child.ended.set()
        self._report(child)

    def _report(self, child: Child) -> None:
        if not child.stopping and not child.on_trial:
            self._crashes.put_nowait(Crash(child.name, child.code or 0, child.log, child.last_lines()))


def last_lines(log: Path, count: int = 8) -> list[str]:
    """The last lines of a log that aren't empty; none if there is no log."""
    if not log.exists():
        return []
    with log.open("rb") as text:
        text.seek(max(0, log.stat().st_size - 8_000))
        lines = text.read().decode(errors="replace").splitlines()
    return [line for line in lines if line.strip()][-count:]


def _put_aside(log: Path) -> None:
    if log.exists() and log.stat().st_size > _LOG_LIMIT:
        log.replace(log.with_suffix(".old.log"))


def _send(pid: int, number: signal.Signals) -> None:
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        return
