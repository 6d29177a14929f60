"""What is written down is what was, and its hash is of what decides."""

import json
from datetime import date, timedelta

from hypothesis import given

from hub.rules.throttle.forecast import after
from hub.rules.throttle.head import head_of
from hub.rules.throttle.keeping import (
    policy_as_json,
    policy_from_json,
    release_hash,
    turns_as_json,
    turns_from_json,
)
from hub.rules.throttle.line import Item, Line
from hub.rules.throttle.policy import DEFAULT, Limit, Policy, Quiet
from hub.rules.throttle.release import release
from tests.unit.rules.throttle.lines import FIRST, bundles, items, policies

LATER = FIRST + 2
"""A slot in which all that came in the first week may leave."""


@given(items(weeks=2), policies(quiet=True))
def test_p09_a_line_read_back_after_every_write_goes_on_as_if_nothing_had_happened(
    waiting: tuple[Item, ...], policy: Policy
) -> None:
    whole = [ran.done.items for ran in bundles(Line("enexis", waiting), lambda _: policy, 20)]
    line, parts = Line("enexis", waiting), []
    for slot in range(FIRST, FIRST + 20):
        written = turns_as_json(line.turns)
        line = line._replace(turns=turns_from_json(json.loads(written)))
        done = release(line, slot, policy)
        line = after(line, slot, done)
        parts += [done.items] if done.items else []
    assert parts == whole


@given(items(weeks=2), policies(quiet=True))
def test_the_hash_of_a_release_is_of_its_input_in_any_order(
    waiting: tuple[Item, ...], policy: Policy
) -> None:
    line = Line("enexis", waiting)
    turned = Line("enexis", tuple(i._replace(askings=i.askings[::-1]) for i in waiting[::-1]))
    assert _hash(line, LATER, policy) == _hash(turned, LATER, policy)


@given(items(weeks=1))
def test_whatever_decides_changes_the_hash(waiting: tuple[Item, ...]) -> None:
    line = Line("enexis", waiting)
    quiet = (Quiet(date(2027, 7, 1), date(2027, 8, 1)),)
    others = [
        (line, LATER + 1, DEFAULT),
        (line._replace(operator="tennet"), LATER, DEFAULT),
        (line._replace(sent=(LATER - 1,)), LATER, DEFAULT),
        (line._replace(weights={"gm0363": 2}), LATER, DEFAULT),
        (line, LATER, DEFAULT._replace(quiet=quiet)),
        (line, LATER, DEFAULT._replace(places=19)),
        (line, LATER, DEFAULT._replace(still=(Limit(4, 1),))),
        *((line._replace(waiting=waiting[1:]), LATER, DEFAULT) for _ in waiting[:1]),
        *((_sooner(line, item), LATER, DEFAULT) for item in _first_read(line)),
    ]
    hashes = {_hash(*other) for other in others} | {_hash(line, LATER, DEFAULT)}
    assert len(hashes) == len(others) + 1


@given(policies(quiet=True))
def test_a_policy_is_read_back_as_it_was_set(policy: Policy) -> None:
    limited = policy._replace(still=(Limit(4, 1),))
    assert policy_from_json(json.loads(json.dumps(policy_as_json(limited)))) == policy


def test_a_policy_of_before_a_parameter_was_there_has_its_default() -> None:
    written = policy_as_json(Policy(places=7))
    del written["reserve"]
    assert policy_from_json(written) == Policy(places=7)


def _hash(line: Line, slot: int, policy: Policy) -> bytes:
    head, _ = head_of(line, slot, policy)
    return release_hash(head, slot, policy)


def _first_read(line: Line) -> list[Item]:
    """An item of the head, if there is one: only those decide."""
    head, _ = head_of(line, LATER, DEFAULT)
    return [item for front in head.fronts for own in front.first.values() for item in own][:1]


def _sooner(line: Line, item: Item) -> Line:
    first, *others = item.askings
    changed = item._replace(askings=(first._replace(expires=first.expires - timedelta(minutes=1)), *others))
    return line._replace(waiting=tuple(changed if one == item else one for one in line.waiting))
