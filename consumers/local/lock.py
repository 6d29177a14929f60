"""One hub per folder: a lock that goes with the process, so that a killed run leaves nothing to clean up."""

import asyncio
import fcntl
import os
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

from consumers.local.errors import LocalServiceError
from hub.errors import why

_LEFTOVERS_SECONDS = 30.0


@contextmanager
def only_hub(var: Path) -> Iterator[None]:
    """Hold `var`/lock. Raises LocalServiceError if another hub has it, or if the
    folder can't be written."""
    try:
        var.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(var / "lock", os.O_RDWR | os.O_CREAT, 0o644)
    except OSError as error:
        raise LocalServiceError(
            f"De map {var} is niet te gebruiken: {why(error)}. Geef uzelf daar schrijfrechten, "
            "of kies een andere map met KERNHUB_VAR."
        ) from error
    try:
        if not _locked(descriptor):
            holder = os.read(descriptor, 20).decode(errors="replace").strip()
            raise LocalServiceError(
                f"De map {var} is al in gebruik door een andere hub (proces {holder or 'onbekend'}). "
                "Stop die hub eerst, of kies een andere map met KERNHUB_VAR."
            )
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, f"{os.getpid()}\n".encode(), 0)
        yield
    finally:
        os.close(descriptor)


def is_held(var: Path) -> bool:
    """Whether a hub runs in this folder."""
    if not (var / "lock").exists():
        return False
    descriptor = os.open(var / "lock", os.O_RDONLY)
    try:
        return not _locked(descriptor)
    finally:
        os.close(descriptor)


@asynccontextmanager
async def exclusive(path: Path, seconds: float = _LEFTOVERS_SECONDS) -> AsyncIterator[int]:
    """Wait for the lock on this file; yields its descriptor, which may be handed down to children to hold the
    lock as long as one of them lives. Raises LocalServiceError after `seconds`."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    try:
        deadline = time.monotonic() + seconds
        while not _locked(descriptor):
            if time.monotonic() > deadline:
                raise LocalServiceError(
                    f"Een ander proces houdt {path} al {seconds:.0f} seconden bezet. "
                    "Stop dat proces en probeer het opnieuw."
                )
            await asyncio.sleep(0.1)
        yield descriptor
    finally:
        os.close(descriptor)


def _locked(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
