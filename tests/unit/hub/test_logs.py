"""What the log shows of an error: where it came from, never what was being handled."""

import io
import logging
import sys
from collections.abc import Iterator

import pytest

from hub import logs

_WORDS = "Failing row contains (geheim)"
_QUIETED = (None, "aiokafka", "alembic", "httpx")


@pytest.fixture
def log(monkeypatch: pytest.MonkeyPatch) -> Iterator[io.StringIO]:
    root = logging.getLogger()
    handlers, levels = root.handlers[:], {name: logging.getLogger(name).level for name in _QUIETED}
    root.handlers.clear()
    written = io.StringIO()
    monkeypatch.setattr(sys, "stderr", written)
    logs.set_up("debug", "proef")
    yield written
    root.handlers[:] = handlers
    for name, level in levels.items():
        logging.getLogger(name).setLevel(level)


def _break(words: str) -> None:
    try:
        raise ValueError(words)
    except ValueError as error:
        raise KeyError(words) from error


def test_an_error_is_shown_by_its_kind_and_place_without_its_words(log: io.StringIO) -> None:
    try:
        _break(_WORDS)
    except KeyError:
        logging.getLogger("hub").exception("it broke")
    told = log.getvalue()
    for shown in ("proef ERROR it broke", "builtins.ValueError", "builtins.KeyError", "in _break"):
        assert shown in told
    assert told.index("builtins.ValueError") < told.index("builtins.KeyError")
    assert "geheim" not in told


def test_an_error_that_hides_its_context_shows_itself_alone(log: io.StringIO) -> None:
    try:
        try:
            raise ValueError
        except ValueError:
            raise KeyError from None
    except KeyError:
        logging.getLogger("hub").exception("it broke")
    assert "builtins.KeyError" in log.getvalue()
    assert "builtins.ValueError" not in log.getvalue()
