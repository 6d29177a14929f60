"""How often a worker looks for memory that only cycles hold, and where."""

import gc

_NEW_OBJECTS = 50_000
"""Some batches of events: their objects are gone by then, and the register needs no look for each of them."""


def collect_rarely() -> None:
    """Lets Python search for cycles after many new objects, not after each few hundred: with a whole register
    in memory that search took a fifth of the router's time, and while modules load a tenth of a start."""
    gc.set_threshold(_NEW_OBJECTS, 20, 50)


def leave_out_what_is_there() -> None:
    """Lets Python search for cycles among newer objects only: among all questions of a hub, which stay, one
    search took a third of a second, in which nobody was answered."""
    gc.collect()
    gc.freeze()
