"""What was released of the contract stays, whatever is done to the models or to its files."""

import json
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from consumers.commands import released
from consumers.commands.odd_events import accepted_events
from consumers.commands.released import broken_history, broken_releases, history_of, unreleased
from schemas.catalogue import CATALOGUE, EventType, parse
from schemas.published import json_schema

_COMMITTED = Path(__file__).parents[3] / released.FOLDER
_NAME = "bottleneck.found.v1.json"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of what was released, in a git repository."""
    made = tmp_path / "released"
    shutil.copytree(_COMMITTED, made)
    _git(tmp_path, "init", "--quiet")
    _commit(made)
    return made


def _git(where: Path, *arguments: str) -> None:
    who = ("-c", "user.name=x", "-c", "user.email=x@x.example", "-c", "commit.gpgsign=false")
    subprocess.run(["git", "-C", str(where), *who, *arguments], check=True, capture_output=True)  # noqa: S607


def _commit(folder: Path) -> None:
    _git(folder.parent, "add", "--all")
    _git(folder.parent, "commit", "--quiet", "--message", "x")


def _edit(folder: Path, change: Callable[[dict[str, Any]], Any]) -> None:
    path = folder / _NAME
    release = json.loads(path.read_text("utf-8"))
    change(release)
    path.write_text(json.dumps(release), "utf-8")


def test_the_models_keep_to_all_that_was_released() -> None:
    assert [*broken_releases(_COMMITTED), *unreleased(_COMMITTED)] == []
    assert list(broken_history(_COMMITTED, history_of(_COMMITTED))) == []


def test_a_released_type_can_not_go(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(released._ROWS, _NAME)
    assert list(broken_releases(folder)) == [f"{_NAME}: was released, but is not in the catalogue any more"]


def test_a_stricter_check_that_no_schema_shows_is_noticed(folder: Path) -> None:
    _edit(folder, lambda release: release["accepted"][0].update(source="urn:nld:oin:1:systeem:oud"))
    (line,) = broken_releases(folder)
    assert line.startswith(f"{_NAME}: accepted event 0 is refused now: source: ")


def test_a_type_that_nothing_guards_is_named(folder: Path) -> None:
    (folder / _NAME).unlink()
    assert list(unreleased(folder)) == [f"{_NAME}: is not released: run `make release`"]


EDITS: dict[str, Callable[[dict[str, Any]], Any]] = {
    "a value is gone": lambda r: r["schema"]["$defs"]["BottleneckFoundData"]["properties"]["severity"][
        "enum"
    ].remove("low"),
    "a field is gone": lambda r: r["schema"]["$defs"]["BottleneckFoundData"]["properties"].pop("location"),
    "an accepted event is gone": lambda r: r["accepted"].pop(),
    "an accepted event is another": lambda r: r["accepted"][1].update(id="1"),
}


@pytest.mark.parametrize("edit", EDITS.values(), ids=EDITS)
@pytest.mark.parametrize("is_committed", [False, True])
def test_a_file_that_was_edited_is_held_against_git(folder: Path, edit: Any, is_committed: bool) -> None:
    _edit(folder, edit)
    if is_committed:
        _commit(folder)
    (line,) = broken_history(folder, history_of(folder))
    assert line.startswith(_NAME)


@pytest.mark.parametrize("gone", [_NAME, "."])
def test_a_file_or_folder_that_was_deleted_is_missed(folder: Path, gone: str) -> None:
    if gone == ".":
        shutil.rmtree(folder)
    else:
        (folder / gone).unlink()
    _commit(folder)
    lines = list(broken_history(folder, history_of(folder)))
    assert f"{_NAME}: was released, but its file is gone" in lines
    assert len(lines) == (len(CATALOGUE) if gone == "." else 1)


def test_without_git_the_check_says_what_it_left_out(tmp_path: Path) -> None:
    shutil.copytree(_COMMITTED, tmp_path / "released")
    history = history_of(tmp_path / "released")
    assert (history.releases, history.gap) == (
        [],
        "there is no git history to hold the released contract against",
    )


def test_a_release_adds_a_new_optional_field_and_takes_nothing_away(folder: Path) -> None:
    old = json.loads((folder / _NAME).read_text("utf-8"))
    _edit(
        folder, lambda r: r["schema"]["$defs"]["BottleneckFoundData"]["properties"].pop("location")
    )  # as if it is new
    _edit(folder, lambda r: r["accepted"].pop(0))
    assert released.release(folder) == [_NAME]
    new = json.loads((folder / _NAME).read_text("utf-8"))
    assert new["schema"] == old["schema"]
    assert sorted(map(str, new["accepted"])) == sorted(map(str, old["accepted"]))
    assert released.release(folder) == []


@pytest.mark.parametrize("row", CATALOGUE, ids=lambda row: row.short)
def test_each_accepted_event_comes_in_and_keeps_to_its_schema(row: EventType) -> None:
    for attributes in accepted_events(row):
        assert isinstance(parse(attributes), row.model)
        Draft202012Validator(json_schema(row)).validate(attributes)
