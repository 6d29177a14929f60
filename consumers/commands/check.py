"""Check events in files without a hub: the same rules, on the register that the program carries."""

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from connectors.files.reading import Found, read_events
from consumers.say import tell, warn
from hub.register.model import Register
from hub.register.seed import seed_history
from hub.rules.admission import intake_problems, readable_problems
from hub.rules.moments import dutch_day
from schemas.catalogue import parse
from schemas.problems import Problem, Refused


def check(paths: Sequence[Path]) -> int:
    """Tells every broken rule of every event; exit code 0, or 1 when any is broken. Whether an id was used
    before only the hub knows. Raises FileUnreadable."""
    register = seed_history().on(dutch_day(datetime.now(UTC)))
    good = wrong = 0
    for path in paths:
        for found in read_events(path):
            if problems := problems_of(found, register):
                wrong += 1
                show(found, "klopt niet", problems)
            else:
                good += 1
    tell(f"{good} goed, {wrong} fout")
    return 1 if wrong else 0


def show(found: Found, outcome: str, problems: Sequence[Problem]) -> None:
    """Tells where an event stands and what is wrong with it."""
    warn(f"{found.place}: {outcome}")
    for problem in problems:
        warn(f"  {problem.field} {problem.detail}" if problem.field else f"  {problem.detail}")


def problems_of(found: Found, register: Register) -> Sequence[Problem]:
    """Everything that is wrong with an event in a file."""
    if found.attributes is None:
        return found.problems
    try:
        return intake_problems(parse(found.attributes), register)
    except Refused as refused:
        return (*refused.problems, *readable_problems(found.attributes, register))
