"""The image is made from the locked versions, and holds all of the program and nothing else."""

import re
import tomllib
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

import pytest

_TOP = Path(__file__).parents[2]
_PACKAGES = ("schemas", "hub", "connectors", "consumers")
_PIN = re.compile(r"^([a-z0-9-]+)==([^ ]+)", re.MULTILINE)


@pytest.fixture
def dockerfile() -> str:
    return (_TOP / "Dockerfile").read_text()


@pytest.fixture
def pyproject() -> dict[str, Any]:
    return tomllib.loads((_TOP / "pyproject.toml").read_text())


def _pins(lock: str) -> dict[str, str]:
    return dict(_PIN.findall((_TOP / lock).read_text()))


def test_its_python_can_run_the_program(dockerfile: str, pyproject: dict[str, Any]) -> None:
    (version,) = set(re.findall(r"^FROM python:(\d+\.\d+)-slim-\w+", dockerfile, re.MULTILINE))
    needed = re.fullmatch(r">=(\d+)\.(\d+)", pyproject["project"]["requires-python"])
    assert needed is not None
    assert tuple(map(int, version.split("."))) >= tuple(map(int, needed.groups()))


def test_it_starts_the_program_as_an_ordinary_user(dockerfile: str, pyproject: dict[str, Any]) -> None:
    (script,) = pyproject["project"]["scripts"]
    final = dockerfile.rpartition("\nFROM ")[2]
    assert f'\nENTRYPOINT ["{script}"]\n' in final
    assert re.search(r"^USER (?!root|0)", final, re.MULTILINE)


def test_what_runs_is_locked_in_the_versions_that_are_tested(pyproject: dict[str, Any]) -> None:
    needed = {re.split(r"[\[>=]", name)[0] for name in pyproject["project"]["dependencies"]}
    run = _pins("requirements-run.lock")
    assert needed <= run.keys()
    assert run.items() <= _pins("requirements.lock").items()
    assert "pytest" not in run


def test_every_package_is_let_in() -> None:
    lines = (_TOP / ".dockerignore").read_text().splitlines()
    assert {f"!{package}" for package in _PACKAGES} <= set(lines)


def test_files_that_are_not_python_are_installed_too(pyproject: dict[str, Any]) -> None:
    patterns = pyproject["tool"]["setuptools"]["package-data"]["*"]
    others = {
        path
        for package in _PACKAGES
        for path in (_TOP / package).rglob("*")
        if path.is_file() and path.suffix not in (".py", ".pyc")
    }
    assert [path for path in others if not any(fnmatch(path.name, each) for each in patterns)] == []
