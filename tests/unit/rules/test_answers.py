"""Who gets an answer, and what it leaves open."""

import dataclasses

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.rules.answers import leaves_open, reasons_to_answer
from hub.rules.relations import Relation
from schemas.catalogue import Answer
from schemas.question import QuestionAnsweredData
from schemas.terms import Tlp
from tests.events import event
from tests.registers import REGISTER


def _answer(areas: list[str], valid_until: str | None = None) -> QuestionAnsweredData:
    rows = [{"area": area, "text": "Acht uur."} for area in areas]
    data = event("question-answered", data={"per_area": rows, "valid_until": valid_until}).data
    assert isinstance(data, QuestionAnsweredData)
    return data


def _closed(label: Tlp, *recipients: str) -> Answer:
    """An answer about Maastricht and Valkenburg."""
    answer = event("question-answered", tlp=str(label), data={"recipients": list(recipients)})
    assert isinstance(answer, Answer)
    return answer


@pytest.mark.parametrize(
    ("label", "stranger", "addressed", "named"),
    [
        (Tlp.CLEAR, True, True, True),
        (Tlp.GREEN, True, True, True),
        (Tlp.AMBER, False, True, True),
        (Tlp.AMBER_STRICT, False, False, True),
        (Tlp.RED, False, False, True),
    ],
)
def test_an_answer_reaches_whom_its_label_lets_it(
    label: Tlp, stranger: bool, addressed: bool, named: bool
) -> None:
    def gets(*recipients: str, is_addressed: bool) -> bool:
        answer = _closed(label, *recipients)
        return bool(reasons_to_answer(answer, "gm0363", REGISTER, is_addressed=is_addressed))

    assert gets("wml", is_addressed=False) is stranger
    assert gets("wml", is_addressed=True) is addressed
    assert gets("wml", "gm0363", is_addressed=False) is named


@pytest.mark.parametrize("label", [Tlp.AMBER, Tlp.AMBER_STRICT, Tlp.RED])
@pytest.mark.parametrize("recipients", [["wml"], ["wml", "gm0363"]])
def test_an_asker_without_clearance_gets_no_closed_answer(label: Tlp, recipients: list[str]) -> None:
    parties = dict(REGISTER.parties)
    parties["gm0363"] = dataclasses.replace(parties["gm0363"], clearance=Tlp.GREEN)
    register = dataclasses.replace(REGISTER, parties=parties)
    answer = _closed(label, *recipients)
    assert reasons_to_answer(answer, "gm0363", register, is_addressed=True) == ()


def test_an_answer_to_who_left_the_register_goes_nowhere() -> None:
    assert reasons_to_answer(_closed(Tlp.CLEAR), "weg", REGISTER, is_addressed=True) == ()


def test_whom_an_answer_concerns_by_itself_gets_it_for_that_reason() -> None:
    reasons = reasons_to_answer(_closed(Tlp.AMBER), "gm0935", REGISTER, is_addressed=False)
    assert Relation.MUNICIPALITY in {reason.relation for reason in reasons}


@given(*[st.sets(st.sampled_from(["GM0935", "GM0938", "GM0994", "PV31"]))] * 3)
def test_what_neither_operator_nor_answer_has_seen_stays_open(
    rows: set[str], joined: set[str], seen: set[str]
) -> None:
    assert leaves_open(_answer(sorted(rows)), joined, seen) is bool(joined - rows - seen)
