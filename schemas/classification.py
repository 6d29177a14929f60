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


def classified(value: Any, path: str = "") -> Iterator[Problem]:
    """Every text in an event that carries a marking, as a kind refusal."""
    if isinstance(value, str):
        if found := _MARKING.search(value):
            yield Problem(
                path,
                "classified",
                f"is gemerkt als '{found[0]}'. Gerubriceerde informatie mag niet in de hub, met geen "
                "enkel label. Bewaar haar waar zij hoort en vertel hier waar zij ligt en wie erover gaat.",
            )
    elif isinstance(value, dict):
        for name, inner in value.items():
            yield from classified(inner, f"{path}/{name}" if path else str(name))
    elif isinstance(value, list | tuple):
        for index, inner in enumerate(value):
            yield from classified(inner, f"{path}/{index}")
