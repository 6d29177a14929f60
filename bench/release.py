"""How long one release takes with a long line: the median over some rounds.

    python -m bench.release [--items 10000] [--rounds 50]

Processor time, of one machine on one day; beside it stands what a plain loop over as many numbers takes.
"""

import argparse
import statistics
import time
from datetime import UTC, date, datetime, timedelta
from random import Random
from uuid import UUID

from hub.rules.throttle.line import Asking, Item, Line
from hub.rules.throttle.policy import DEFAULT
from hub.rules.throttle.release import release
from hub.rules.throttle.slots import Slots

_ASKERS = 413
_SLOT = Slots().latest(datetime(2027, 3, 9, 12, tzinfo=UTC))


def long_line(items: int) -> Line:
    """So many items of all askers of the nation, some with co-askers, a few classified."""
    chance = Random(1)  # noqa: S311 - the same line each time
    now = Slots().moment(_SLOT - 1)

    def asking() -> Asking:
        needed_by = (
            date(2027, 4, 1) + timedelta(days=chance.randrange(100)) if chance.random() < 0.5 else None
        )
        since = now - timedelta(seconds=chance.randrange(20 * 24 * 60 * 60))
        return Asking(f"asker-{chance.randrange(_ASKERS)}", since, needed_by, now + timedelta(weeks=26))

    return Line(
        "operator",
        tuple(
            Item(
                UUID(int=chance.getrandbits(128)),
                tuple(asking() for _ in range(chance.choice([1, 1, 1, 2, 3]))),
                chance.random() < 0.05,
            )
            for _ in range(items)
        ),
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--items", type=int, default=10_000)
    parser.add_argument("--rounds", type=int, default=50)
    options = parser.parse_args()
    line = long_line(options.items)
    took, plain = [], []
    for _ in range(options.rounds):
        begin = time.process_time()
        done = release(line, _SLOT, DEFAULT)
        middle = time.process_time()
        sum(number * number for number in range(options.items))
        took.append((middle - begin) * 1e3)
        plain.append((time.process_time() - middle) * 1e3)
    ratio = statistics.median(took) / statistics.median(plain)
    print(  # noqa: T201
        f"{options.items} waiting, {len(done.items)} released: median {statistics.median(took):.1f} ms, "
        f"best {min(took):.1f} ms, {ratio:.0f} times a plain loop"
    )


if __name__ == "__main__":
    main()
