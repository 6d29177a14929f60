"""What carries a marking of state classification is refused, kindly and with its place."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.classification import classified
from schemas.problems import Refused
from tests.events import event

MARKINGS = [
    "Departementaal Vertrouwelijk",
    "DEPARTEMENTAAL-VERTROUWELIJK",
    "Departementaal\u2011Vertrouwelijk",
    "Departementaal \u2013 Vertrouwelijk",
    "Departementaal_Vertrouwelijk",
    "Departementaal\nVertrouwelijk",
    "Departe\u00admentaal Vertrou\u200bwelijk",
    "\uff24\uff45\uff50\uff0e\uff36\uff45\uff52\uff54\uff52\uff0e",
    "Dep. Vertrouwelijk",
    "DEP VERTROUWELIJK",
    "dep. vertr.",
    "Dep.V.",
    "Dep. V",
    "DepV",
    "Stg. CONFIDENTIEEL",
    "Stg.CONFIDENTIEEL",
    "Stg. Conf.",
    "Stg Geheim",
    "STG.GEHEIM",
    "Stg: GEHEIM",
    "STG. ZEER GEHEIM",
    "Stg.ZEER GEHEIM",
    "Stg. ZG",
    "Stg.C",
    "STAATSGEHEIM",
    "STAATS-GEHEIM",
    "Staatsgeheim Confidentieel",
    "staatsgeheim: zeer geheim",
    "ZEER GEHEIM",
    "ZEER\u00a0GEHEIM",
    "NATO SECRET",
    "NATO Restricted",
    "COSMIC TOP SECRET",
    "NAVO GEHEIM",
    "EU RESTRICTED",
    "EU-CONFIDENTIAL",
    "RESTREINT UE/EU RESTRICTED",
    "TRÈS SECRET UE",
    "R-UE/EU-R",
    "Rubricering: Zeer Geheim",
    "rubricering: geheim",
    "RUBRICERING is Confidentieel",
    "Vertrouwelijk (departementaal)",
]


@pytest.mark.parametrize("marking", MARKINGS)
def test_a_marked_text_is_refused_wherever_it_stands(marking: str) -> None:
    with pytest.raises(Refused) as refused:
        event(
            "stress-test-completed",
            data={"deviations": [{"from_standard": "x", "reason": f"Zie {marking}."}]},
        )
    problems = [p for p in refused.value.problems if p.code == "classified"]
    assert [p.field for p in problems] == ["data/deviations/0/reason"]
    assert "vertel hier waar zij ligt" in problems[0].detail


@pytest.mark.parametrize("title", ["Staatsgeheim", "Staats geheim", "(zeer geheim)"])
def test_a_text_that_is_nothing_but_a_level_is_refused_in_any_case(title: str) -> None:
    assert [p.field for p in classified({"title": title, "text": "Een tekst."})] == ["title"]


def test_a_name_that_the_sender_chose_is_a_text_too() -> None:
    (problem,) = classified({"data": {"parameters": {"Stg. GEHEIM": "ja"}}})
    assert problem.field == "data/parameters/Stg. GEHEIM"


@pytest.mark.parametrize(
    "text",
    [
        "vertrouwelijk",
        "Geheim",
        "Wij houden dit geheim.",
        "Het departement is vertrouwd.",
        "zeer geheimzinnig",
        "Dit is geen staatsgeheim: iedereen weet het.",
        "Dat is geen staatsgeheim. Geheim is alleen de code.",
        "De plek is zeer geheim gehouden.",
        "Het depot ligt vol; departementaal verantwoordelijk is het ministerie.",
        "De nato secretaris-generaal en het EU-restitutiebeleid",
        "NATO UNCLASSIFIED",
        "De EU confisqueert niets.",
        "Stg. Welzijn Maastricht",
        "STAATSGEHEIMEN",
        "We lieten dep. V en W weten dat het klopt.",
        "EU Restricted area bij de haven",
        "De STG C-straat",
        "De rubricering volgt nog.",
    ],
)
def test_ordinary_words_are_not_taken_for_a_marking(text: str) -> None:
    assert event("knowledge-shared", data={"summary": text})


_gaps = st.text(
    "\u00a0\u2007\u2010\u2011\u2012\u2013\u2014\u2212\uff0d\u200b\ufeff\u00ad -_.:\t\n", max_size=4
)


@given(st.sampled_from(["Departementaal Vertrouwelijk", "Dep V", "Stg Geheim", "ZEER GEHEIM"]), _gaps)
def test_whatever_stands_between_the_words_a_marking_stays_one(marking: str, gap: str) -> None:
    assert list(classified([f"Zie {re.sub(' ', gap, marking)}, blad 2"]))
