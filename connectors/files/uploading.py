"""Send filled-in files to a hub over HTTP, and the folder that does so by itself."""

import os
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

import httpx

from connectors.files.reading import FileUnreadable
from hub.errors import HubError, Unavailable, why
from hub.filing.reading import MEDIA_TYPES, format_of
from hub.filing.tables import MOST_BYTES, CellProblem
from hub.filing.telling import error_list

_LATER = (httpx.codes.REQUEST_TIMEOUT, httpx.codes.TOO_MANY_REQUESTS)
DONE, REFUSED = "verwerkt", "geweigerd"
_MOST_DONE = 1000
"""Files, the last ones, that are looked at again after they were taken in."""
_NOT_A_LINK = sum(getattr(os, name, 0) for name in ("O_NOFOLLOW", "O_NONBLOCK", "O_BINARY"))
"""To read. A pipe that took the place of a file is not waited for either. No system has all of these."""


class HubAway(Unavailable):
    """The hub does not answer, or can't take files now. Send the file again later: nothing counts twice."""


class UploadRefused(HubError):
    """The hub takes no file with this key, or this is no hub: its answer says why."""


class Told(NamedTuple):
    """What the hub says of a file: how many events are new and how many it knew, or all that is wrong; and
    how many of the events are of an exercise. Of a dry run also who would receive something of it, or be
    asked: its name, and how many events."""

    new: int
    known: int
    problems: tuple[CellProblem, ...]
    recipients: tuple[tuple[str, int], ...] = ()
    asked: tuple[tuple[str, int], ...] = ()
    exercises: int = 0


def read_limited(path: Path, *, follow: bool = True) -> bytes:
    """A file, not much further than a hub takes; not where a link points, unless we follow it. Raises
    FileUnreadable."""
    try:
        with path.open("rb") if follow else os.fdopen(os.open(path, _NOT_A_LINK), "rb") as file:
            return file.read(MOST_BYTES + 1)
    except OSError as error:
        raise FileUnreadable(f"{path} is niet te lezen: {why(error)}.") from error


async def upload(client: httpx.AsyncClient, token: str, name: str, content: bytes, *, dry_run: bool) -> Told:
    """Sends one file. Raises HubAway (send it again later) or UploadRefused (the key may not)."""
    kind = format_of(name)
    if kind is None:
        return _wrong("format", f"kies een bestand dat eindigt op .{', .'.join(MEDIA_TYPES)}")
    if len(content) > MOST_BYTES:
        return _wrong("too_large", f"is groter dan {MOST_BYTES} bytes; verdeel het over meer bestanden")
    headers = {"Authorization": f"Bearer {token}", "Content-Type": MEDIA_TYPES[kind]}
    params = {"dryRun": "true"} if dry_run else {}
    try:
        response = await client.post("/v1/files", content=content, headers=headers, params=params)
        answer = response.json()
    except httpx.InvalidURL as error:
        raise UploadRefused(f"{client.base_url} is geen adres van een hub: {error}") from error
    except (httpx.HTTPError, ValueError) as error:
        raise HubAway(
            f"De hub op {client.base_url} geeft geen antwoord ({type(error).__name__}). Probeer het later "
            "opnieuw: hetzelfde bestand telt niet dubbel."
        ) from error
    if response.is_success:
        known = sum(one["outcome"] == "known" for one in answer["events"])
        told = [
            tuple((one["name"], one["events"]) for one in answer.get(name) or ())
            for name in ("recipients", "asked")
        ]
        exercises = sum(bool(one.get("exercise")) for one in answer["events"])
        return Told(len(answer["events"]) - known, known, (), told[0], told[1], exercises)
    detail = str(answer.get("detail", f"De hub antwoordt met status {response.status_code}."))
    if response.status_code == httpx.codes.UNPROCESSABLE_ENTITY:
        return Told(0, 0, tuple(_problem(one) for one in answer.get("errors", ())))
    if response.status_code == httpx.codes.REQUEST_ENTITY_TOO_LARGE:
        return _wrong("too_large", detail)
    if response.status_code in _LATER or response.is_server_error:
        raise HubAway(detail)
    raise UploadRefused(detail)


def _wrong(code: str, detail: str) -> Told:
    return Told(0, 0, (CellProblem(0, "", "", code, detail),))


def _problem(one: dict[str, Any]) -> CellProblem:
    return CellProblem(one.get("line", 0), one["field"], one.get("cell", ""), one["code"], one["detail"])


class Folder:
    """A folder whose files are sent. Each is moved when the hub has decided: to `verwerkt`, or to `geweigerd`
    with a list of what is wrong beside it. That comes last: sent again after a crash, it has no effect.

    A copy that stood still for a while may go on after its file was taken in: that comes back, and is sent
    whole."""

    def __init__(self, path: Path):
        self._path = path
        self._seen: dict[Path, tuple[int, int, int]] = {}
        self._done: dict[Path, tuple[Path, tuple[int, int, int] | None]] = {}

    def ready(self) -> list[Path]:
        """The files that did not change since the last look: nobody is still writing them. Raises
        FileUnreadable."""
        try:
            self._take_back()
            states = {path: _state(path) for path in self._files()}
        except OSError as error:
            raise FileUnreadable(f"{self._path} is niet te lezen: {why(error)}.") from error
        found = {path: state for path, state in states.items() if state is not None}
        ready = [path for path, state in found.items() if self._seen.get(path) == state]
        self._seen = found
        return sorted(ready)

    def _take_back(self) -> None:
        for target, (path, then) in list(self._done.items()):
            now = _state(target)
            if now == then:
                continue
            if now and then and now[0] == then[0] and not path.exists():
                target.replace(path)
            del self._done[target]

    def _files(self) -> Iterator[Path]:
        for path in self._path.iterdir():
            # '~$' is what Excel keeps beside a workbook that is open. A link may point to what is no file of
            # this folder: who may write here could have us read whatever we may read.
            if path.is_file() and not path.is_symlink() and not path.name.startswith((".", "~$")):
                yield path

    async def send(self, client: httpx.AsyncClient, token: str, path: Path) -> Told:
        """Sends a file and moves it, but what was saved again meanwhile: that is sent next. Raises what
        `upload` raises, and FileUnreadable; then it stays."""
        before = _state(path)
        told = await upload(client, token, path.name, read_limited(path, follow=False), dry_run=False)
        self._seen.pop(path, None)
        if before is not None and _state(path) == before:
            self._move(path, told)
        return told

    def _move(self, path: Path, told: Told) -> None:
        try:
            target = _free(self._path / (REFUSED if told.problems else DONE), path.name)
            if told.problems:
                target.with_name(f"{target.name}.fouten.csv").write_bytes(error_list(told.problems))
            path.replace(target)
            if not told.problems:
                self._done[target] = path, _state(target)
            if len(self._done) > _MOST_DONE:
                del self._done[next(iter(self._done))]
        except OSError as error:
            raise FileUnreadable(f"{path} is niet te verplaatsen: {why(error)}.") from error


def _state(path: Path) -> tuple[int, int, int] | None:
    """What changes when a file is written again; None: it is gone."""
    try:
        found = path.lstat()
    except FileNotFoundError:
        return None
    return found.st_ino, found.st_size, found.st_mtime_ns


def _free(folder: Path, name: str) -> Path:
    """A place in the folder where no file stands yet."""
    folder.mkdir(exist_ok=True)
    at = datetime.now(UTC).strftime("%Y%m%d-%H%M%S")
    names = [name, f"{at}-{name}", *(f"{at}-{os.getpid()}-{number}-{name}" for number in range(100))]
    return next(folder / one for one in names if not (folder / one).exists())
