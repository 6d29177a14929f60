"""Who gets an answer, and when an earlier one serves."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.rules.answers import may_receive_answer, serves
from schemas.question import QuestionAnsweredData
from schemas.terms import Tlp
from tests.events import event

TODAY = date(2027, 6, 1)


def _answer(areas: list[str], valid_until: str | None = None) -> QuestionAnsweredData:
    rows = [{"area": area, "text": "Acht uur."} for area in areas]
    data = event("question-answered", data={"per_area": rows, "valid_until": valid_until}).data
    assert isinstance(data, QuestionAnsweredData)
    return data


@pytest.mark.parametrize(
    ("label", "stranger", "addressed"),
    [
        (Tlp.CLEAR, True, True),
        (Tlp.GREEN, True, True),
        (Tlp.AMBER, False, True),
        (Tlp.AMBER_STRICT, False, False),
        (Tlp.RED, False, False),
    ],
)
def test_an_answer_reaches_whom_its_label_lets_it(label: Tlp, stranger: bool, addressed: bool) -> None:
    assert may_receive_answer(label, "gm0935", is_addressed=False, named=["wml"]) is stranger
    assert may_receive_answer(label, "gm0935", is_addressed=True, named=["wml"]) is addressed
    assert may_receive_answer(label, "gm0935", is_addressed=False, named=["wml", "gm0935"])


def test_an_answer_without_an_end_keeps_serving() -> None:
    assert serves(_answer(["GM0935"]), ["GM0935"], TODAY + timedelta(days=10_000))


@pytest.mark.parametrize(
    ("last_day", "holds"), [("2027-05-31", False), ("2027-06-01", True), ("2027-06-02", True)]
)
def test_an_answer_serves_up_to_and_with_its_last_day(last_day: str, holds: bool) -> None:
    assert serves(_answer(["GM0935"], last_day), ["GM0935"], TODAY) is holds


@given(*[st.sets(st.sampled_from(["GM0935", "GM0938", "GM0994", "PV31"]))] * 2)
def test_an_answer_serves_when_it_has_a_row_for_each_area(rows: set[str], wanted: set[str]) -> None:
    assert serves(_answer(sorted(rows)), wanted, TODAY) is wanted.issubset(rows)
