"""Read events from files: one event, JSON Lines, or a folder of those."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from hub.errors import HubError, why
from schemas.formats import MAX_EVENT_BYTES, structured
from schemas.problems import Problem, Refused

MOST_BYTES = 8 * MAX_EVENT_BYTES
"""Of an event as written, with its blanks and escapes; intake measures it without those."""
SUFFIXES = (".json", ".jsonl", ".ndjson")


class FileUnreadable(HubError):
    """A file or folder can't be read. Name another one, or mend it."""


class Found(NamedTuple):
    """An event as it stands in a file; `attributes` None when it can't be read, with the `problems`."""

    path: Path
    line: int
    attributes: dict[str, Any] | None
    problems: tuple[Problem, ...] = ()

    @property
    def place(self) -> str:
        return f"{self.path}:{self.line}"


def read_events(path: Path) -> Iterator[Found]:
    """Every event in a file, or in the files of a folder by name. Raises FileUnreadable."""
    for file in _files(path):
        yield from _of_file(file)


def _files(path: Path) -> list[Path]:
    if not path.is_dir():
        return [path]
    try:
        files = sorted(file for file in path.iterdir() if file.suffix in SUFFIXES)
    except OSError as error:
        raise FileUnreadable(f"{path} is niet te lezen: {why(error)}.") from error
    if not files:
        raise FileUnreadable(f"In {path} staat geen bestand dat eindigt op {', '.join(SUFFIXES)}.")
    return files


def _of_file(file: Path) -> Iterator[Found]:
    try:
        content = file.read_bytes().removeprefix(b"\xef\xbb\xbf")
    except OSError as error:
        raise FileUnreadable(f"{file} is niet te lezen: {why(error)}.") from error
    if not content.strip():
        raise FileUnreadable(f"{file} is leeg.")
    if file.suffix == ".json":
        yield _event(file, 1, content)
        return
    for number, line in enumerate(content.split(b"\n"), 1):
        if line.strip():
            yield _event(file, number, line)


def _event(file: Path, line: int, content: bytes) -> Found:
    if len(content) > MOST_BYTES:
        problem = Problem("", "too_large", f"is groter dan {MAX_EVENT_BYTES} bytes; gebruik 'dataref'")
        return Found(file, line, None, (problem,))
    try:
        return Found(file, line, structured(content).attributes)
    except Refused as refused:
        return Found(file, line, None, refused.problems)
