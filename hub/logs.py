"""Log lines: a short sentence with fields. Never the content of an event."""

import logging
import sys
import traceback
from types import TracebackType
from typing import Any

_MOST_CAUSES = 5
_Raised = tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None]


class _Formatter(logging.Formatter):
    """Shows where an error came from, and not its words: those quote what was being handled."""

    def formatException(self, ei: _Raised) -> str:  # noqa: N802 - the name is logging's
        raised: list[str] = []
        error = ei[1]
        while error is not None and len(raised) < _MOST_CAUSES:
            places = "".join(traceback.format_tb(error.__traceback__))
            raised.insert(0, f"{places}{type(error).__module__}.{type(error).__qualname__}")
            error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
        return "\nwhich led to\n".join(raised)


def set_up(level: str, part: str) -> None:
    """Log lines to standard error, each with the part of the hub that wrote it."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_Formatter(f"%(asctime)s {part} %(levelname)s %(message)s"))
    logging.basicConfig(level=level.upper(), handlers=[handler], force=True)
    logging.getLogger("aiokafka").setLevel(logging.ERROR)
    logging.getLogger("alembic").setLevel(logging.WARNING)
    logging.getLogger("httpx").setLevel(logging.WARNING)


def line(sentence: str, **fields: Any) -> str:
    """`sentence key=value ...`: fields are keys, counts and codes, never texts of people."""
    return " ".join([sentence, *(f"{name}={value}" for name, value in fields.items())])
