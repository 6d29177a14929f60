"""Log lines: a short sentence with fields. Never the content of an event."""

import logging
import sys
from typing import Any


def set_up(level: str, part: str) -> None:
    """Log lines to standard error, each with the part of the hub that wrote it."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(logging.Formatter(f"%(asctime)s {part} %(levelname)s %(message)s"))
    logging.basicConfig(level=level.upper(), handlers=[handler], force=True)
    logging.getLogger("aiokafka").setLevel(logging.ERROR)
    logging.getLogger("alembic").setLevel(logging.WARNING)
    logging.getLogger("httpx").setLevel(logging.WARNING)


def line(sentence: str, **fields: Any) -> str:
    """`sentence key=value ...`: fields are keys, counts and codes, never texts of people."""
    return " ".join([sentence, *(f"{name}={value}" for name, value in fields.items())])
