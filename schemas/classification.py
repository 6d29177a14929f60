"""State classification: what carries such a marking does not belong in the hub.

Source: Voorschrift Informatiebeveiliging Rijksdienst Bijzondere Informatie (VIRBI), its levels, and those of
NATO and the European Union. It guards against mistakes: whoever wants to hide a marking can.
"""

import re
import unicodedata
from collections.abc import Iterator
from typing import Any

from pydantic_core import SchemaValidator, core_schema

from schemas.problems import Problem

_GAP = r"[\s._:\u00b7\u2010-\u2015\u2212-]*"
"""What people put between the words of a marking: blanks, dashes, underscores, dots, colons, or nothing."""
_INVISIBLE = re.compile(
    r"[\u00ad\u034f\u061c\u115f\u1160\u180b-\u180f\u200b-\u200f\u2060-\u206f\ufe00-\ufe0f\ufeff]"
)
# Abbreviations and whole markings count in any case. A bare level is a word of every day, so it counts in
# capitals only, or when a text says nothing else; of NATO and EU its first letter is a capital at least.
_MARKING = re.compile(
    r"""(?<![^\W_])(?:
        (?i:dep(?:artementaal)?~v(?:ertr(?:ouwelijke?)?)?(?!\s*(?:en|&)\s*W\b))
      | (?i:vertrouwelijk[\s(_:-]+departementaal)
      | (?i:rubricering)~(?i:is\s)?~(?i:(?:stg|staats)?~(?:zeer~)?geheim|confidentieel|vertrouwelijk)
      | (?i:stg~(?:zeer~geheim|geheim|conf(?:identieel)?))
      | (?i:stg)~(?:Z~G|G|C)(?!-[a-z])
      | (?i:staats[\s-]*geheim[\s_:-]+(?:zeer~geheim|geheim|confidentieel))
      | STAATS~GEHEIM | ZEER~GEHEIM | TOP~SECRET
      | (?i:nato|cosmic|eu|ue)~(?:(?:T(?i:op))~(?:S(?i:ecret))|R(?i:estricted)(?!\s+[a-z])|C(?i:onfidential)
                                 |S(?i:ecret))
      | NAVO~(?:BEPERKT|CONFIDENTIEEL|(?:ZEER~)?GEHEIM)
      | (?:R(?i:estreint)|C(?i:onfidentiel)|(?:T(?i:r[eè]s)~)?S(?i:ecret))~(?:UE|ue)
      | (?:R|C|S|TS)-UE/EU-(?:R|C|S|TS)
    )(?![^\W_])
    | (?<![^\0])[^\w\0]*(?i:staats~geheim|zeer~geheim)[^\w\0]*(?![^\0])
    """.replace("~", _GAP),
    re.VERBOSE,
)

_PART_OF_MARKING = SchemaValidator(
    core_schema.str_schema(pattern="dep|stg|geheim|secret|restr|confiden|navo|ue/eu|rubricering")
)
"""One of these is in every marking, so that most texts need no closer look. The search of pydantic looks for
all at once, many times as fast as Python's."""


def classified(value: Any, written: bytes | None = None) -> Iterator[Problem]:
    """Every text in an event that carries a marking, as a kind refusal. `written` is the event as JSON, where
    that is at hand: most carry no marking, which that shows soonest."""
    if written is not None and not may_be_classified(written):
        return
    # All texts are read in one go, apart by a character that no marking holds.
    if _found("\0".join(text for _, text in _texts(value))):
        for path, text in _texts(value):
            if marking := _found(text):
                yield _refusal("/".join(path), marking)


def may_be_classified(written: bytes) -> bool:
    """Whether JSON holds a part of a marking; most does not."""
    if written.isascii():
        return _PART_OF_MARKING.isinstance_python(written.lower())
    return _may_hold(_plain(written.decode()))


def _found(text: str) -> str | None:
    """The first marking in a text."""
    text = _plain(text)
    if not _may_hold(text):
        return None
    found = _MARKING.search(text)
    return found[0].strip() if found else None


def _plain(text: str) -> str:
    """As letters that only look otherwise spell it."""
    return text if text.isascii() else _INVISIBLE.sub("", unicodedata.normalize("NFKC", text))


def _may_hold(plain: str) -> bool:
    try:
        return _PART_OF_MARKING.isinstance_python(plain.lower().encode())
    except UnicodeEncodeError:
        return True  # half a character: only Python's search reads it


def _texts(value: Any) -> Iterator[tuple[tuple[str, ...], str]]:
    ahead: list[tuple[tuple[str, ...], Any]] = [((), value)]
    for path, one in ahead:  # grows while it is read
        if isinstance(one, str):
            yield path, one
        elif isinstance(one, dict):
            for name, inner in one.items():
                here = (*path, str(name))
                yield here, str(name)
                ahead.append((here, inner))
        elif isinstance(one, list | tuple):
            ahead += [((*path, str(index)), inner) for index, inner in enumerate(one)]


def _refusal(path: str, marking: str) -> Problem:
    return Problem(
        path,
        "classified",
        f"is gemerkt als '{marking}'. Gerubriceerde informatie mag niet in de hub, met geen "
        "enkel label. Bewaar haar waar zij hoort en vertel hier waar zij ligt en wie erover gaat.",
    )
