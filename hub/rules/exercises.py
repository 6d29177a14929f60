"""Is it an exercise? It never reaches who is real, and what is real never reaches who only exercises."""

from hub.register.kinds import HUB
from hub.register.model import Party, Register
from hub.rules.mailing import is_real
from schemas.envelope import TEST_PREFIX, is_exercise

EXERCISE = "exercise"
"""Why a real party, or a real mailbox or system, does not get it."""
ONLY_EXERCISES = "only-exercises"
"""Why a party that is there for exercises does not get it."""


def is_real_party(party: Party) -> bool:
    """Whether any number of it is a real one: those for tests are for exercises alone."""
    return bool(party.kvk) or not party.oin.startswith(TEST_PREFIX)


def is_hub_mute(register: Register) -> bool:
    """Whether real parties take part while the hub itself still has the number for tests that it comes with:
    what it tells in its own name reaches none of them."""
    hub = register.parties.get(HUB)
    if hub is None or is_real_party(hub):
        return False
    return any(is_real_party(one) for one in register.parties.values())


def apart(source: str, party: Party) -> str | None:
    """Why what comes from this source never reaches this party, over whatever way; None: they may meet."""
    if is_exercise(source) is not is_real_party(party):
        return None
    return EXERCISE if is_exercise(source) else ONLY_EXERCISES


def apart_in_mail(source: str, party: Party) -> str | None:
    """The same, of its mailbox: one that may be somebody's gets no exercise, whoever has it."""
    return apart(source, party) or (EXERCISE if is_exercise(source) and is_real(party.mailbox) else None)
