"""Mail to a party does not arrive: who is told?"""

from hub.register.model import Register
from hub.rules.exercises import is_real_party
from hub.rules.signalling import whom_to_ask


def told_of_bounce(party: str, register: Register) -> list[str]:
    """The owner of the mailbox, for what comes later may arrive, and of each function in which it has a role
    who coordinates that, or else its core team. An exercise stays among those who are there for it."""
    functions = dict.fromkeys(role.function for role in register.roles if role.party == party)
    told = [party, *(whom_to_ask(function, register) for function in functions)]
    parties = [one for one in dict.fromkeys(told) if one in register.parties]
    is_real = is_real_party(register.parties[party])
    return [one for one in parties if is_real_party(register.parties[one]) is is_real]
