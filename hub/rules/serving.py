"""Does an operator that a request names serve any of its areas? If a part, it is asked about that."""

from hub.register.model import Party, Register
from schemas.catalogue import Request
from schemas.problems import Problem

_MOST_TOLD = 5


def asked_elsewhere(request: Request, register: Register) -> list[Problem]:
    """Of each operator in 'asked' that serves none of the areas: why it is not asked. A request about no area
    of the register is for other checks."""
    if not any(map(register.municipalities, request.areas)):
        return []
    return [
        Problem(f"data/asked/{i}", "serves_elsewhere", _told(register.parties[slug]))
        for i, slug in enumerate(request.data.asked)
        if slug in register.parties
        and slug in register.operators
        and register.meeting_area(register.parties[slug].areas, request.areas) is None
    ]


def _told(operator: Party) -> str:
    return (
        f"'{operator.slug}' bedient volgens het register {_served(operator)}. Haal deze naam weg: "
        "noemt u niemand, dan vraagt de hub het wie hier wel beheerder is"
    )


def _served(operator: Party) -> str:
    """The areas that it does serve: the register tells them to anyone who takes part."""
    if not operator.areas:
        return "geen enkel gebied"
    more = len(operator.areas) - _MOST_TOLD
    shown = ", ".join(operator.areas[:_MOST_TOLD])
    return f"geen van deze gebieden, maar wel {shown}" + (f" en nog {more}" if more > 0 else "")
