"""In which language the hub speaks: Dutch, and English to a reader who chose that. Only the hub's own words
change; the words of people and the names of parties stay as they are."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from hub.rules.preferences import DUTCH
from hub.words.english import ENGLISH

_spoken: ContextVar[str] = ContextVar("language", default=DUTCH)


@contextmanager
def speaking(language: str) -> Iterator[None]:
    """Everything that is said within is said in this language."""
    token = _spoken.set(language)
    try:
        yield
    finally:
        _spoken.reset(token)


def spoken() -> str:
    """The language of now: 'nl' or 'en'."""
    return _spoken.get()


def is_dutch() -> bool:
    return spoken() == DUTCH


def said(dutch: str, /, **values: object) -> str:
    """A text of the hub, that is written in Dutch, in the language of now; `values` are for its places."""
    text = dutch if is_dutch() else ENGLISH.get(dutch, dutch)
    return text.format(**values) if values else text
