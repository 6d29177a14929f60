"""CloudEvents filters: six dialects, and what is missing never matches."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.rules.filters import filter_problems, passes

EVENT = {"type": "nl.vitale-functies.bottleneck.found.v1", "tlp": "GREEN", "subject": "café", "sequence": "1"}


@pytest.mark.parametrize(
    ("expression", "matches"),
    [
        ({"exact": {"tlp": "GREEN"}}, True),
        ({"exact": {"tlp": "green"}}, False),
        ({"exact": {"tlp": "GREEN", "subject": "café"}}, True),
        ({"exact": {"tlp": "GREEN", "subject": "thee"}}, False),
        ({"prefix": {"type": "nl.vitale-functies.bottleneck."}}, True),
        ({"suffix": {"type": ".v1"}}, True),
        ({"suffix": {"type": ".v2"}}, False),
        ({"all": [{"exact": {"tlp": "GREEN"}}, {"suffix": {"type": ".v1"}}]}, True),
        ({"all": [{"exact": {"tlp": "GREEN"}}, {"suffix": {"type": ".v2"}}]}, False),
        ({"any": [{"exact": {"tlp": "RED"}}, {"suffix": {"type": ".v1"}}]}, True),
        ({"any": [{"exact": {"tlp": "RED"}}, {"suffix": {"type": ".v2"}}]}, False),
        ({"any": [{"exact": {"lacking": "x"}}, {"suffix": {"type": ".v1"}}]}, True),
        ({"not": {"exact": {"tlp": "RED"}}}, True),
        ({"not": {"exact": {"tlp": "GREEN"}}}, False),
        ({"exact": {"lacking": "x"}}, False),
        ({"not": {"exact": {"lacking": "x"}}}, False),
        ({"not": {"not": {"exact": {"lacking": "x"}}}}, False),
        ({"not": {"all": [{"exact": {"lacking": "x"}}, {"exact": {"tlp": "GREEN"}}]}}, False),
        ({"not": {"all": [{"exact": {"lacking": "x"}}, {"exact": {"tlp": "RED"}}]}}, True),
    ],
)
def test_each_dialect_matches_as_written(expression: dict[str, Any], matches: bool) -> None:
    assert filter_problems([expression]) == []
    assert passes(EVENT, [expression]) is matches


def test_every_filter_must_pass_and_none_is_all() -> None:
    assert passes(EVENT, [])
    assert not passes(EVENT, [{"exact": {"tlp": "GREEN"}}, {"exact": {"tlp": "RED"}}])


@pytest.mark.parametrize(
    ("filters", "field", "code"),
    [
        ({}, "filters", "list"),
        (["x"], "filters/0", "one_dialect"),
        ([{}], "filters/0", "one_dialect"),
        ([{"exact": {"a": "b"}, "prefix": {"a": "b"}}], "filters/0", "one_dialect"),
        ([{"sql": "a = 'b'"}], "filters/0", "unknown_dialect"),
        ([{"not": {"cesql": "x"}}], "filters/0/not", "unknown_dialect"),
        ([{"all": []}], "filters/0/all", "list"),
        ([{"any": [{"exact": {}}]}], "filters/0/any/0/exact", "attributes"),
        ([{"exact": {"a": 1}}], "filters/0/exact/a", "text"),
        ([{"exact": {"a": ""}}], "filters/0/exact/a", "text"),
        ([{"exact": {"data": "x"}}], "filters/0/exact/data", "no_attribute"),
        ([{"exact": {"Data.Title": "x"}}], "filters/0/exact", "no_attribute"),
        ([{"prefix": {"": "x"}}], "filters/0/prefix", "no_attribute"),
        ([{"suffix": {"a\x00": "x"}}], "filters/0/suffix", "no_attribute"),
        ([{"exact": {"a": "\x00"}}], "filters/0/exact/a", "text"),
        ([{"exact": {"a": "b\nc"}}], "filters/0/exact/a", "text"),
        ([{"exact": {"a": "b"}}] * 101, "filters", "too_long"),
    ],
)
def test_what_is_no_filter_is_refused_where_it_stands(filters: Any, field: str, code: str) -> None:
    assert (field, code) in [(p.field, p.code) for p in filter_problems(filters)]


def test_a_filter_that_is_too_deep_is_refused() -> None:
    deep: dict[str, Any] = {"exact": {"tlp": "GREEN"}}
    for _ in range(2000):
        deep = {"not": deep}
    assert [p.code for p in filter_problems([deep])] == ["too_deep"]


_NAMES = st.sampled_from([*EVENT, "lacking"])
_LEAVES = st.builds(
    lambda dialect, name, text: {dialect: {name: text}},
    st.sampled_from(["exact", "prefix", "suffix"]),
    _NAMES,
    st.sampled_from([*EVENT.values(), ".v1", "nl.", "x"]),
)
_FILTERS = st.recursive(
    _LEAVES,
    lambda inner: (
        st.builds(lambda one: {"not": one}, inner)
        | st.builds(
            lambda k, some: {k: some},
            st.sampled_from(["all", "any"]),
            st.lists(inner, min_size=1, max_size=3),
        )
    ),
    max_leaves=8,
)


def _names(expression: Any) -> set[str]:
    ((dialect, operand),) = expression.items()
    if dialect == "not":
        return _names(operand)
    return set().union(*map(_names, operand)) if isinstance(operand, list) else set(operand)


@given(_FILTERS)
def test_a_filter_and_its_denial_never_both_match(expression: dict[str, Any]) -> None:
    either = [passes(EVENT, [expression]), passes(EVENT, [{"not": expression}])]
    assert either.count(True) <= 1
    if "lacking" not in _names(expression):
        assert either.count(True) == 1


@given(_FILTERS)
def test_an_event_without_attributes_matches_nothing(expression: dict[str, Any]) -> None:
    assert not passes({}, [expression])
