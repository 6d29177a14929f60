"""What the log shows of an error: where it came from, never what was being handled."""

import io
import logging

_WORDS = "Failing row contains (geheim)"


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
