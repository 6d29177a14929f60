"""Lines of waiting items, policies and changes of policy, for the laws."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from hypothesis import strategies as st

from hub.rules.throttle.forecast import PolicyOf, after
from hub.rules.throttle.line import Asking, Item, Line, ready
from hub.rules.throttle.policy import Change, Policy, Quiet
from hub.rules.throttle.release import Release, release
from hub.rules.throttle.slots import Slots

SLOTS = Slots()
FIRST = SLOTS.latest(datetime(2027, 3, 10, tzinfo=UTC))
START = SLOTS.moment(FIRST)
WEEKS = 10
ASKERS: tuple[str, ...] = ("gm0363", "gm0935", "pv31", "vr24", "ws0665")

Items = tuple[Item, ...]
_days = st.integers(0, 120).map(lambda days: START.date() + timedelta(days=days))
_quiet = st.lists(st.tuples(_days, st.integers(1, 40)), max_size=2).map(
    lambda found: tuple(Quiet(day, day + timedelta(days=length)) for day, length in found)
)


@st.composite
def policies(draw: st.DrawFn, *, quiet: bool = False, window: int | None = None) -> Policy:
    """Small ones, so that limits are met soon."""
    places = draw(st.integers(1, 5))
    size = window or draw(st.integers(1, 6))
    return Policy(
        window=size,
        bundles=draw(st.integers(1, size)),
        places=places,
        reserve=draw(st.integers(0, places - 1)),
        max_wait=draw(st.integers(0, 3)),
        quiet=draw(_quiet) if quiet else (),
    )


@st.composite
def changes(draw: st.DrawFn, *, window: int | None = None) -> tuple[Change, ...]:
    """A first policy and some later ones; with none at all for a while."""
    first = Change(0, draw(policies(window=window)))
    later = draw(st.lists(st.tuples(st.integers(1, 15), policies(window=window), st.booleans()), max_size=4))
    found = (Change(FIRST + at, p._replace(bundles=0) if none else p) for at, p, none in later)
    return (first, *sorted(found, key=lambda change: change.since))


def asking(asker: str, minutes: int, needed_in: int, number: int = 0) -> Asking:
    """A request that comes so many minutes after the start, no two in the same microsecond; it ends long
    after, or two weeks past its need (0: at no set date)."""
    since = START + timedelta(minutes=minutes, microseconds=number)
    needed_by = since.date() + timedelta(days=needed_in) if needed_in else None
    ends = timedelta(days=needed_in + 14) if needed_in else timedelta(weeks=26)
    return Asking(asker, since, needed_by, since + ends)


def _drawn(weeks: int, askers: int) -> st.SearchStrategy[tuple[int, int, int, int]]:
    """Minutes, a number of days or none, the asker, and what becomes of it."""
    return st.tuples(
        st.integers(-30, weeks * 7 * 24 * 60),
        st.just(0) | st.integers(1, 90),
        st.integers(0, askers + 2),
        st.integers(0, 9),
    )


def items(
    weeks: int = WEEKS, most: int = 25, *, classified: bool = True, askers: int = len(ASKERS)
) -> st.SearchStrategy[Items]:
    """Items with one asker or more, some classified, among them a flood by one asker."""

    def built(found: list[tuple[int, int, int, int]]) -> Items:
        groups: list[list[Asking]] = []
        hidden: list[bool] = []
        for number, (minutes, needed_in, asker, fate) in enumerate(found):
            who = ASKERS[asker] if asker < askers else "flood"
            one = asking(who, minutes, needed_in, number)
            if fate < 3 and groups and who != "flood":
                groups[(fate * 7 + number) % len(groups)].append(one)
            else:
                groups.append([one])
                hidden.append(classified and fate > 6)
        return tuple(Item(UUID(int=n), tuple(g), hidden[n]) for n, g in enumerate(groups))

    return st.lists(_drawn(weeks, askers), max_size=most).map(built)


class Ran(NamedTuple):
    """A slot that was run: what waited and counted, and what came of it."""

    slot: int
    here: list[Item]
    line: Line
    done: Release


def run(line: Line, policy_of: PolicyOf, slots: int = 60, first: int = FIRST) -> Iterator[Ran]:
    """Every slot in turn, as the hub runs them."""
    for slot in range(first, first + slots):
        policy = policy_of(slot)
        done = release(line, slot, policy)
        yield Ran(slot, ready(line.waiting, slot, policy), line, done)
        line = after(line, slot, done)


def bundles(line: Line, policy_of: PolicyOf, slots: int = 60) -> list[Ran]:
    """The slots in which a bundle left."""
    return [ran for ran in run(line, policy_of, slots) if ran.done.items]


def needed(days: int) -> date:
    """A day so long after the start."""
    return START.date() + timedelta(days=days)
