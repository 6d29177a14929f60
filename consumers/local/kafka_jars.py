"""Fetches the jars of Apache Kafka once, into a cache of the user, checked against kafka-jars.lock.

`python -m consumers.local.kafka_jars --relock` resolves them anew and rewrites the lock file.
"""

import asyncio
import hashlib
import os
import shutil
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from jgo import maven

from consumers.local import lock
from consumers.local.errors import LocalServiceError

LOCK_FILE = Path(__file__).with_name("kafka-jars.lock")
KAFKA = "org.apache.kafka:kafka_2.13:4.3.1"
# The binding for slf4j 1.7, which Kafka 4.3 brings along.
LOGGING = "org.apache.logging.log4j:log4j-slf4j-impl:2.26.1"

_AT_ONCE = 6
_TRIES = 3


@dataclass(frozen=True, order=True)
class Jar:
    group: str
    artifact: str
    version: str
    sha256: str

    @property
    def file_name(self) -> str:
        return f"{self.artifact}-{self.version}.jar"


class _Interrupted(Exception):
    """The start was broken off; only ever seen by the download threads."""


def read_lock(text: str) -> tuple[Jar, ...]:
    """Jars from lines `group:artifact:version sha256`, `#` for comment lines. Raises LocalServiceError."""
    jars = []
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip() or line.startswith("#"):
            continue
        coordinates, _, sha256 = line.strip().partition(" ")
        parts = coordinates.split(":")
        if len(parts) != 3 or len(sha256) != 64:
            raise LocalServiceError(
                f"{LOCK_FILE.name}, regel {number}, is niet leesbaar: {line!r}. Haal het opnieuw uit git."
            )
        group, artifact, version = parts
        jars.append(Jar(group, artifact, version, sha256))
    return tuple(jars)


def cache_folder(jars: Iterable[Jar]) -> Path:
    """Where the jars are kept between runs, by version of Kafka."""
    version = next(jar.version for jar in jars if jar.artifact.startswith("kafka_"))
    caches = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(caches, "kernhub", f"kafka-{version}")


async def fetch(tell: Callable[[str], None]) -> list[Path]:
    """Paths of all jars, each with the right checksum; what is missing or damaged is fetched first. Raises
    LocalServiceError if that fails or if what comes in isn't what the lock file says."""
    jars = read_lock(LOCK_FILE.read_text())
    folder = cache_folder(jars)
    await asyncio.to_thread(folder.mkdir, parents=True, exist_ok=True)
    if await asyncio.to_thread(_missing, jars, folder):
        # A second start at the same time waits here, and then finds the jars.
        async with lock.exclusive(folder / "lock", seconds=900):
            missing = await asyncio.to_thread(_missing, jars, folder)
            if missing:
                await _fetch_all(missing, folder, tell)
    return [folder / jar.file_name for jar in jars]


def _missing(jars: Iterable[Jar], folder: Path) -> list[Jar]:
    return [jar for jar in jars if _sha256(folder / jar.file_name) != jar.sha256]


async def _fetch_all(jars: list[Jar], folder: Path, tell: Callable[[str], None]) -> None:
    await asyncio.to_thread(_tidy, folder)
    broken_off = threading.Event()
    loop = asyncio.get_running_loop()
    told = time.monotonic()
    with ThreadPoolExecutor(_AT_ONCE) as threads, tempfile.TemporaryDirectory("", "fetch-", folder) as work:
        jobs = [loop.run_in_executor(threads, _fetch, jar, folder, Path(work), broken_off) for jar in jars]
        try:
            for done, job in enumerate(asyncio.as_completed(jobs), 1):
                await job
                if time.monotonic() - told > 2:
                    told = time.monotonic()
                    tell(f"Kafka wordt opgehaald, alleen de eerste keer: {done} van {len(jobs)} bestanden …")
        finally:
            broken_off.set()
            await asyncio.gather(*jobs, return_exceptions=True)


def _tidy(folder: Path) -> None:
    """Remove what an earlier fetch left when it was killed."""
    for leftover in folder.glob("fetch-*"):
        shutil.rmtree(leftover, ignore_errors=True)


def _fetch(jar: Jar, folder: Path, work: Path, broken_off: threading.Event) -> None:
    for last in (*[False] * (_TRIES - 1), True):
        try:
            with tempfile.TemporaryDirectory(dir=work) as repository:
                arrived = _download(jar, Path(repository), broken_off)
                _accept(jar, arrived, folder / jar.file_name)
            return
        # RuntimeError is jgo's word for: no repository has it. Errors of the network are OSErrors.
        except (OSError, RuntimeError) as error:
            if last:
                raise LocalServiceError(
                    f"{jar.file_name} van Kafka kon niet worden opgehaald ({type(error).__name__}). "
                    "Controleer de internetverbinding en start opnieuw; wat er al is, blijft bewaard. "
                    "Of gebruik een eigen Kafka met KERNHUB_KAFKA_SERVERS."
                ) from error


def _download(jar: Jar, repository: Path, broken_off: threading.Event) -> Path:
    @contextmanager
    def progress(_name: str, _size: int) -> Iterator[Callable[[int], None]]:
        def received(_count: int) -> None:
            if broken_off.is_set():
                raise _Interrupted

        yield received

    if broken_off.is_set():
        raise _Interrupted
    context = maven.MavenContext(
        resolver=maven.PythonResolver(progress_callback=progress), repo_cache=repository, timeout=30
    )
    found: Path = context.project(jar.group, jar.artifact).at_version(jar.version).artifact().resolve()
    return found


def _accept(jar: Jar, arrived: Path, place: Path) -> None:
    if _sha256(arrived) != jar.sha256:
        raise LocalServiceError(
            f"{jar.file_name} is niet het bestand dat in {LOCK_FILE.name} staat: de controlesom klopt niet. "
            "Het is niet gebruikt. Start opnieuw. Blijft dit zo, vraag dan uw beheerder wie het verandert."
        )
    arrived.replace(place)


def _sha256(path: Path) -> str | None:
    if not path.exists():
        return None
    with path.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()


def relock() -> None:
    """Resolve Kafka and its logging, download all and write kafka-jars.lock."""
    with tempfile.TemporaryDirectory() as repository:
        context = maven.MavenContext(repo_cache=Path(repository), timeout=30)
        wanted = [context.create_dependency(name) for name in (KAFKA, LOGGING)]
        for dependency in wanted:
            # Otherwise jgo lets the parents of these two decide the versions of everything else.
            dependency.raw = True
        inputs, others = context.resolver.resolve(wanted)
        artifacts = [
            found.artifact for found in (*inputs, *others) if found.scope in (None, "compile", "runtime")
        ]
        lines = sorted(
            f"{artifact.groupId}:{artifact.artifactId}:{artifact.version} {_sha256(artifact.resolve())}"
            for artifact in artifacts
        )
    header = "# Written by `python -m consumers.local.kafka_jars --relock`: group:artifact:version sha256\n"
    LOCK_FILE.write_text(header + "\n".join(lines) + "\n")


if __name__ == "__main__":
    if sys.argv[1:] != ["--relock"]:
        sys.exit("usage: python -m consumers.local.kafka_jars --relock")
    relock()
