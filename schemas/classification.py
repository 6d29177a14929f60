"""State classification: what carries such a marking does not belong in the hub.

Source: Voorschrift Informatiebeveiliging Rijksdienst Bijzondere Informatie (VIRBI), its levels.
"""

import re
from collections.abc import Iterator
from typing import Any

from schemas.problems import Problem

_MARKING = re.compile(
    r"""\b(?:
        departementaal[\s-]+vertrouwelijk
      | dep\.\s?vertr(?:ouwelijk|\.)?
      | (?:stg|staatsgeheim)\.?[\s-]+(?:confidentieel|geheim|zeer[\s-]+geheim)
      | staatsgeheim
    )""",
    re.IGNORECASE | re.VERBOSE,
)


def classified(value: Any) -> Iterator[Problem]:
    """Every text in an event that carries a marking, as a kind refusal."""
    # Most carry none: all texts are read in one go, apart by a character that no marking holds.
    if _MARKING.search("\0".join(text for _, text in _texts(value))):
        for path, text in _texts(value):
            if found := _MARKING.search(text):
                yield _refusal("/".join(path), found[0])


def _texts(value: Any) -> Iterator[tuple[tuple[str, ...], str]]:
    ahead: list[tuple[tuple[str, ...], Any]] = [((), value)]
    for path, one in ahead:  # grows while it is read
        if isinstance(one, str):
            yield path, one
        elif isinstance(one, dict):
            ahead += [((*path, str(name)), inner) for name, inner in one.items()]
        elif isinstance(one, list | tuple):
            ahead += [((*path, str(index)), inner) for index, inner in enumerate(one)]


def _refusal(path: str, marking: str) -> Problem:
    return Problem(
        path,
        "classified",
        f"is gemerkt als '{marking}'. Gerubriceerde informatie mag niet in de hub, met geen "
        "enkel label. Bewaar haar waar zij hoort en vertel hier waar zij ligt en wie erover gaat.",
    )
