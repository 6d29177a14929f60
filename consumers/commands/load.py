"""How much the operators of a function have on their plate, told."""

from consumers.say import tell
from hub.rules.throttle.load import Load
from hub.settings import Settings
from hub.store.clock import clock_of
from hub.store.database import opened, transaction
from hub.store.register.registers import Registers
from hub.store.throttle.load import find_load, operators_of
from hub.words import wording
from schemas.terms import FunctionSlug


async def tell_load(settings: Settings, function: FunctionSlug) -> int:
    """Tells it operator by operator. Raises Unavailable."""
    async with opened(settings) as pool:
        clock = clock_of(settings, pool)
        register, now = await Registers(pool, clock).newest(), await clock.now()
        async with transaction(pool) as connection:
            loads = [await find_load(connection, one, now) for one in operators_of(function, register)]
    name = wording.function_name(function, register)
    tell(f"Beheerders van {name}: {len(loads)}. Wat vertrouwelijk is, telt niet mee.")
    for load in loads:
        tell(f"{wording.party_name(load.operator, register)} ({load.operator})")
        for line in _lines(load):
            tell(f"  {line}")
    return 0


def _lines(load: Load) -> list[str]:
    following = "er komt geen gewone bundel"
    if load.next_at is not None:
        following = f"volgende bundel op zijn vroegst {wording.moment(load.next_at)}"
    waiting = "er wacht 1 vraag" if load.waiting == 1 else f"er wachten {load.waiting} vragen"
    return [
        f"bundels: {load.routine} van {load.bundles} in {load.window} weken",
        f"daarnaast: {load.urgent} keer spoed, {load.crisis} keer een situatieblad",
        f"{waiting}; {following}",
        *([f"{load.ending_soon} verzoeken verlopen binnen 14 dagen"] if load.ending_soon else []),
    ]
