"""Which functions does a failure harm further on? Along the dependencies, as far as each strength carries.

High arrows carry to any depth, a medium arrow one step, a low one is shown only to who asks. A function can
be harmed only where it has an operator: the walk goes on only through functions that are in the area.
"""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from hub.register.kinds import Strength
from hub.register.model import Register
from schemas.terms import FunctionSlug


class Harm(NamedTuple):
    """A function that is harmed, along a path that begins with a cause and ends with the function itself;
    `strength` is that of its weakest arrow."""

    function: FunctionSlug
    strength: Strength
    path: tuple[FunctionSlug, ...]


def harms(causes: Sequence[FunctionSlug], areas: Iterable[str], register: Register) -> list[Harm]:
    """Every function that the failure of these functions in these areas harms, each once: by its strongest
    path, and the shortest of those. The causes themselves are not among them."""
    present = frozenset().union(*map(register.functions_in, areas))
    found: dict[FunctionSlug, Harm] = {}
    ahead: list[tuple[FunctionSlug, tuple[FunctionSlug, ...]]] = [(cause, (cause,)) for cause in causes]
    for function, path in ahead:  # grows while it is read: breadth first
        for harmed in register.harmed_by(function, Strength.HIGH):
            if harmed in present and harmed not in found and harmed not in causes:
                found[harmed] = Harm(harmed, Strength.HIGH, (*path, harmed))
                ahead.append((harmed, (*path, harmed)))
    for strength in (Strength.MEDIUM, Strength.LOW):
        for cause in causes:
            for harmed in register.harmed_by(cause, strength):
                if harmed in present and harmed not in found and harmed not in causes:
                    found[harmed] = Harm(harmed, strength, (cause, harmed))
    return list(found.values())
