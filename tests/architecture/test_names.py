"""Our names are ours alone, and everything is where and as people expect it."""

import ast
import os
import subprocess
import sys
from importlib.metadata import distributions, entry_points
from importlib.util import find_spec
from pathlib import Path

import pytest
import typer

from consumers.program.main import app
from hub.settings import Settings

_TOP = Path(__file__).parents[2]
_PACKAGES = ("schemas", "hub", "connectors", "consumers")
_SOURCES = [path for package in _PACKAGES for path in sorted((_TOP / package).rglob("*.py"))]


@pytest.fixture(scope="module")
def help_text() -> str:
    """What `kernhub --help` says, on one line."""
    program = Path(sys.executable).with_name("kernhub")
    done = subprocess.run(
        [program, "--help"], check=True, capture_output=True, text=True, env=dict(os.environ, COLUMNS="200")
    )
    return " ".join(done.stdout.split())


@pytest.mark.parametrize("package", _PACKAGES)
def test_no_other_distribution_owns_our_name(package: str) -> None:
    owners = {
        distribution.name
        for distribution in distributions()
        for file in distribution.files or ()
        if file.parts[0].partition(".")[0] == package
    }
    assert owners <= {"kernhub"}


@pytest.mark.parametrize("package", _PACKAGES)
def test_our_name_means_this_folder(package: str) -> None:
    spec = find_spec(package)
    assert spec is not None
    assert spec.origin == str(_TOP / package / "__init__.py")


def test_the_program_is_installed() -> None:
    (script,) = entry_points(group="console_scripts", name="kernhub")
    assert script.value == "consumers.program.main:main"


def test_help_lists_every_command(help_text: str) -> None:
    command = typer.main.get_command(app)
    names = command.commands  # type: ignore[attr-defined]
    assert [name for name in names if f" {name} " not in help_text.partition("Commando's:")[2]] == []


def test_help_explains_every_setting(help_text: str) -> None:
    settings = {f"KERNHUB_{name.upper()}": field for name, field in Settings.model_fields.items()}
    unexplained = [
        name
        for name, field in settings.items()
        if not field.description or f"{name}: {field.description}" not in help_text
    ]
    assert unexplained == []


def test_the_layout_is_the_one_agreed_with_the_client() -> None:
    folders = {"hub", "schemas", "connectors", "consumers", "tests"}
    files = {"pyproject.toml", "docker-compose.yml", "README.md"}
    assert [name for name in folders if not (_TOP / name).is_dir()] == []
    assert [name for name in files if not (_TOP / name).is_file()] == []


def test_every_file_says_what_it_is_about() -> None:
    silent = [path for path in _SOURCES if not _docstring(path) and not _is_empty_init(path)]
    assert silent == []


def test_no_file_is_long() -> None:
    assert [path for path in _SOURCES if len(path.read_text().splitlines()) > 300] == []


def _docstring(path: Path) -> str | None:
    return ast.get_docstring(ast.parse(path.read_text()))


def _is_empty_init(path: Path) -> bool:
    return path.name == "__init__.py" and not path.stat().st_size
