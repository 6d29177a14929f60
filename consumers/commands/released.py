"""What was released of the contract, which never goes and never changes but for new optional fields.

A file per type and version in docs/contract/released holds its JSON Schema and events that the hub accepts,
odd ones among them: they show what a schema can't, such as a check that became stricter. `python -m
consumers.commands.released` (`make release`) adds what is new. What git history has there is held against it.
"""

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from consumers.commands.odd_events import accepted_events
from schemas.catalogue import CATALOGUE, parse
from schemas.envelope import SCHEMA_BASE, schema_uri
from schemas.problems import Refused
from schemas.published import breaking_changes, json_schema

FOLDER = Path("docs/contract/released")
_ROWS = {schema_uri(row.type).removeprefix(SCHEMA_BASE): row for row in CATALOGUE}


class History(NamedTuple):
    """What git knows of the folder: each file as it was at some time, and why that may not be all."""

    releases: list[tuple[str, dict[str, Any]]]
    gap: str | None = None


def broken_releases(folder: Path) -> Iterator[str]:
    """Every way in which the models no longer keep to what was released."""
    present = {path.name: json.loads(path.read_text("utf-8")) for path in sorted(folder.glob("*.json"))}
    for name, release in present.items():
        if name not in _ROWS:
            yield f"{name}: was released, but is not in the catalogue any more"
            continue
        for change in breaking_changes(release["schema"], json_schema(_ROWS[name])):
            yield f"{name}{change}"
        for number, attributes in enumerate(release["accepted"]):
            yield from (f"{name}: accepted event {number} {why}" for why in _refused(name, attributes))


def unreleased(folder: Path) -> Iterator[str]:
    """Every type and version that nothing guards yet."""
    return (f"{name}: is not released: run `make release`" for name in _ROWS if not (folder / name).exists())


def broken_history(folder: Path, history: History) -> Iterator[str]:
    """Every way in which the folder no longer holds what it held at some time."""
    for name, then in history.releases:
        path = folder / name
        if not path.exists():
            yield f"{name}: was released, but its file is gone"
            continue
        now = json.loads(path.read_text("utf-8"))
        yield from (f"{name}{change}" for change in breaking_changes(then["schema"], now["schema"]))
        if any(event not in now["accepted"] for event in then["accepted"]):
            yield f"{name}: an accepted event was changed or taken away"


def history_of(folder: Path) -> History:
    """Each file of the folder in each version that the present commit comes from."""
    git = shutil.which("git")
    where = folder.parent
    if git is None or _git(git, where, "rev-parse", "--verify", "HEAD") is None:
        return History([], "there is no git history to hold the released contract against")
    log = ("log", "-m", "--no-renames", "--raw", "--no-abbrev", "--format=", "HEAD", "--", folder.name)
    lines = _git(git, where, *log)
    blobs = {
        (Path(path).name, fields.split()[3])
        for fields, _, path in (line.partition("\t") for line in (lines or "").splitlines() if line)
        if path.endswith(".json") and fields.split()[4] != "D"
    }
    found = [(name, _git(git, where, "cat-file", "blob", blob)) for name, blob in sorted(blobs)]
    is_shallow = (_git(git, where, "rev-parse", "--is-shallow-repository") or "").strip() == "true"
    gap = "git history is cut off: the released contract is held against the last commits only"
    releases = [(name, json.loads(text)) for name, text in found if text is not None]
    return History(releases, gap if is_shallow else None)


def release(folder: Path) -> list[str]:
    """Adds types, versions, optional fields and accepted events that are new; the names of the files."""
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for name, row in _ROWS.items():
        path = folder / name
        known: Mapping[str, Any] = json.loads(path.read_text("utf-8")) if path.exists() else {}
        accepted = [*known.get("accepted", ())]
        accepted += [event for event in accepted_events(row) if event not in accepted]
        made = {"schema": json_schema(row), "accepted": accepted}
        if made == known:
            continue
        path.write_text(json.dumps(made, indent=1) + "\n", "utf-8")
        written.append(name)
    return written


def _refused(name: str, attributes: dict[str, Any]) -> list[str]:
    try:
        event = parse(attributes)
    except Refused as refused:
        return [f"is refused now: {refused}"]
    return [] if type(event) is _ROWS[name].model else ["is of another type now"]


def _git(git: str, where: Path, *arguments: str) -> str | None:
    """What git says; None when it can't."""
    asked = [git, "-C", str(where), *arguments]
    told = subprocess.run(asked, capture_output=True, check=False)  # noqa: S603 - git, with our own words
    return told.stdout.decode() if told.returncode == 0 else None


def main() -> None:
    lost = list(broken_history(FOLDER, history_of(FOLDER)))
    if wrong := [*lost, *broken_releases(FOLDER)]:
        sys.exit("A released version never breaks; make a next version instead:\n" + "\n".join(wrong))
    sys.stdout.write("".join(f"released {name}\n" for name in release(FOLDER)))


if __name__ == "__main__":
    main()
