"""What carries a marking of state classification is refused, kindly and with its place."""

import pytest

from schemas.problems import Refused
from tests.events import event


@pytest.mark.parametrize(
    "marking",
    [
        "Departementaal Vertrouwelijk",
        "DEPARTEMENTAAL-VERTROUWELIJK",
        "Dep. Vertrouwelijk",
        "dep. vertr.",
        "Stg. CONFIDENTIEEL",
        "Stg Geheim",
        "STG. ZEER GEHEIM",
        "Staatsgeheim",
    ],
)
def test_a_marked_text_is_refused_wherever_it_stands(marking: str) -> None:
    with pytest.raises(Refused) as refused:
        event(
            "stress-test-completed",
            data={"deviations": [{"from_standard": "x", "reason": f"Zie {marking}."}]},
        )
    (problem,) = refused.value.problems
    assert (problem.field, problem.code) == ("data/deviations/0/reason", "classified")
    assert "vertel hier waar zij ligt" in problem.detail


@pytest.mark.parametrize(
    "text", ["vertrouwelijk", "Wij houden dit geheim.", "Het departement is vertrouwd.", "zeer geheimzinnig"]
)
def test_ordinary_words_are_not_taken_for_a_marking(text: str) -> None:
    assert event("knowledge-shared", data={"summary": text})
