"""What stands in a cell and nobody sees: marks that come along from web pages, PDF and word processors."""

import re
import unicodedata

_INVISIBLE = re.compile(
    r"[\u00ad\u034f\u061c\u115f\u1160\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff]"
)
"""Soft hyphens, marks of no width or of direction, byte order marks: none is part of a word or a code."""
_SPACE = re.compile(r"[\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000]")


def plain(text: str) -> str:
    """The text as it looks: without what is invisible, every kind of space an ordinary one, letters with
    their accents as one character. For what is looked up; a text of a person stays as it is."""
    if text.isascii():
        return text
    return unicodedata.normalize("NFC", _SPACE.sub(" ", _INVISIBLE.sub("", text)))
