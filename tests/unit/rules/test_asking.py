"""Who is asked, and when two requests are the same question."""

import unicodedata
from collections.abc import Sequence
from dataclasses import replace
from random import Random
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from hub.register.kinds import RoleKind
from hub.rules.asking import (
    AskedOperator,
    asked_operators,
    deposit_key,
    library_key,
    merge_key,
    normal_parameters,
    normalised,
)
from hub.rules.relations import publisher
from schemas.catalogue import Event, Request
from schemas.library import AnswerDeposited
from schemas.question_parameter import Parameter
from schemas.standard_question import StandardQuestion, standard_questions
from schemas.terms import FunctionSlug, Tlp
from tests.events import REQUESTS, event, source_of
from tests.registers import REGISTER
from tests.unit.strategies import events

ENEXIS = AskedOperator("enexis", ("electricity",), ("GM0935",))
_words = st.lists(
    st.text("abcdefghijklmnopqrstuvwxyz0123456789éëïöüèáç", min_size=1, max_size=8), min_size=1, max_size=8
)


def _request(kind: str = "question-raised", **changes: Any) -> Request:
    request = event(kind, **changes)
    assert isinstance(request, Request)
    return request


def _key(text: str = "Hoe lang werkt de noodstroom?", asked: AskedOperator = ENEXIS, **changes: Any) -> str:
    data = {"text": text, **changes.pop("data", {})}
    return merge_key(_request(data=data, **changes), asked)


def _operators(**changes: Any) -> dict[str, AskedOperator]:
    return {asked.operator: asked for asked in asked_operators(_request(**changes), REGISTER)}


def _written_otherwise(words: Sequence[str], chance: Random) -> str:
    """The same words with other case, punctuation, blanks and Unicode form."""
    text = "".join(
        chance.choice([word, word.upper(), word.title()])
        + chance.choice([" ", ", ", "... ", "?! ", "\n", " ; "])
        for word in words
    )
    return unicodedata.normalize(chance.choice(["NFC", "NFD", "NFKC", "NFKD"]), text)


@given(_words, st.randoms(use_true_random=False))
def test_the_same_question_in_other_writing_is_one_question(words: list[str], chance: Random) -> None:
    assert _key(_written_otherwise(words, chance)) == _key(" ".join(words))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Werkt de IJssel-sluis?", "werkt de ĳssel sluis"),
        ("Hoe lang werkt ‘de noodstroom’ …", "hoe lang werkt de noodstroom"),
        ("ｎｏｏｄ stroom", "Nood   stroom!"),
        ("Straße", "STRASSE"),
    ],
)
def test_typography_makes_no_other_question(one: str, other: str) -> None:
    assert _key(one) == _key(other)


@given(_words, st.integers(0, 8))
def test_one_small_word_makes_another_question(words: list[str], place: int) -> None:
    denied = [*words[:place], "niet", *words[place:]]
    assert _key(" ".join(denied)) != _key(" ".join(words))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Werkt het station bij hoogwater?", "Werkt het station niet bij hoogwater?"),
        ("Valt het uit bij 50 cm water?", "Valt het uit bij 150 cm water?"),
        ("Valt het uit bij meer dan 1,5 meter?", "Valt het uit bij meer dan 15 meter?"),
        ("Werkt het bij > 50 cm?", "Werkt het bij < 50 cm?"),
        ("Werkt het bij -5 graden?", "Werkt het bij 5 graden?"),
        ("Gaat de A15 dicht?", "Gaat de A12 dicht?"),
        ("Levert Enexis aan WML?", "Levert WML aan Enexis?"),
    ],
)
def test_questions_that_only_look_alike_stay_apart(one: str, other: str) -> None:
    assert _key(one) != _key(other)


@given(st.text())
def test_normalised_text_is_as_normal_as_it_gets(text: str) -> None:
    assert normalised(normalised(text)) == normalised(text)


def test_free_text_about_another_area_is_another_question() -> None:
    assert _key(areas="GM0935") != _key(areas="GM0938")
    assert _key(areas="GM0935,GM0938") == _key(areas="GM0938,GM0935")


def test_a_standard_question_is_one_question_in_every_area_and_wording() -> None:
    standard = {"standard_question": "stations-at-water-depth", "parameters": {"depth_cm": "50"}}
    assert _key("Hoe lang?", data=standard) == _key("Hoeveel uur?", areas="PV31,GM0363", data=standard)


def test_a_standard_question_with_other_parameters_is_another_question() -> None:
    def key(code: str, **parameters: str) -> str:
        return _key(data={"standard_question": code, "parameters": parameters})

    depth = "stations-at-water-depth"
    assert key(depth, depth_cm="100") != key(depth, depth_cm="20")
    assert key(depth) != key("preventive-power-cut")
    assert key(depth) != _key()


@pytest.mark.parametrize(
    ("code", "one", "other"),
    [
        ("stations-at-water-depth", {"depth_cm": "50"}, {"depth_cm": " 050 "}),
        ("stations-at-water-depth", {"depth_cm": "50"}, {}),
        ("exposed-assets", {"hazard": "excess-water"}, {"hazard": "Excess-Water "}),
        ("stations-in-flood-zone", {"flood": "2021-07"}, {"flood": " 2021-07"}),
        ("left-the-catalogue", {"a": "Een  weg!", "b": "2"}, {"b": "2", "a": "een weg"}),
    ],
)
def test_a_parameter_counts_for_what_it_says_not_for_how_it_is_written(
    code: str, one: dict[str, str], other: dict[str, str]
) -> None:
    keys = [_key(data={"standard_question": code, "parameters": values}) for values in (one, other)]
    assert keys[0] == keys[1]


_questions = st.sampled_from(list(FunctionSlug)).flatmap(
    lambda function: st.tuples(st.just(function), st.sampled_from(standard_questions(function)))
)


@given(_questions, st.data(), st.randoms(use_true_random=False))
def test_equal_standard_questions_merge_and_others_never_do(
    asked: tuple[FunctionSlug, StandardQuestion], data: st.DataObject, chance: Random
) -> None:
    function, question = asked

    def values() -> dict[str, str]:
        return {one.name: data.draw(st.sampled_from(_some_values(one))) for one in question.parameters}

    def key(parameters: dict[str, str]) -> str:
        stated = {"standard_question": question.code, "parameters": parameters}
        return _key(functions=str(function), data=stated)

    one, other = values(), values()
    assert (key(one) == key(other)) is (one == other)
    otherwise = {name: _valued_otherwise(value, chance) for name, value in one.items()}
    defaults = {parameter.name: parameter.default for parameter in question.parameters}
    left_out = {name: value for name, value in otherwise.items() if one[name] != defaults[name]}
    assert key(otherwise) == key(left_out) == key(one)


def _some_values(parameter: Parameter) -> list[str]:
    return [*parameter.allowed_values, parameter.example]


def _valued_otherwise(value: str, chance: Random) -> str:
    zeros = chance.choice(["", "0", "00"]) if value.isdigit() and len(value) < 4 else ""
    return (
        chance.choice(["", " ", "  "])
        + zeros
        + chance.choice([value, value.upper()])
        + chance.choice(["", " "])
    )


@given(st.text(), st.dictionaries(st.text(min_size=1), st.text(min_size=1), max_size=4))
def test_parameters_are_as_normal_as_they_get(code: str, values: dict[str, str]) -> None:
    for asked in (code, "stations-at-water-depth", "exposed-assets", "stations-in-flood-zone"):
        once = normal_parameters(asked, [FunctionSlug.ELECTRICITY], values)
        assert normal_parameters(asked, [FunctionSlug.ELECTRICITY], once) == once


@pytest.mark.parametrize("kind", REQUESTS)
def test_requests_that_not_the_same_parties_may_see_never_merge(kind: str) -> None:
    views: list[dict[str, Any]] = [{"tlp": str(label)} for label in Tlp]
    views += [{"tlp": "AMBER", "data": {"recipients": named}} for named in (["wml"], ["wml", "gm0363"])]
    keys = {merge_key(_request(kind, **view), ENEXIS) for view in views}
    assert len(keys) == len(views)


def test_the_order_in_which_parties_are_named_does_not_count() -> None:
    one, other = ({"recipients": named} for named in (["wml", "gm0363"], ["gm0363", "wml"]))
    assert _key(data=one) == _key(data=other)


def test_an_information_request_merges_by_title_and_text_but_never_with_a_question() -> None:
    def key(**data: str) -> str:
        return merge_key(_request("information-requested", data=data), ENEXIS)

    assert key(title="Kaart") == key(title="KAART!", purpose="Een ander doel.")
    assert key(title="Kaart") != key(title="Tabel")
    assert key(title="Kaart", text="Graag.") != _key("Kaart Graag.")


def test_an_invitation_never_merges() -> None:
    def key(event_id: str) -> str:
        return merge_key(_request("participation-requested", id=event_id), ENEXIS)

    assert key("1") != key("2")
    assert key("1") == key("1")


def test_operators_and_functions_have_questions_of_their_own() -> None:
    assert _key() != _key(asked=ENEXIS._replace(operator="tennet"))
    assert _key() != _key(asked=ENEXIS._replace(functions=("natural-gas",)))
    both = ("electricity", "natural-gas")
    assert _key(asked=ENEXIS._replace(functions=both)) == _key(asked=ENEXIS._replace(functions=both[::-1]))
    assert _key() == _key(id="een-ander", source=source_of("gm0994"))


def test_without_names_the_operators_of_the_functions_in_the_areas_are_asked() -> None:
    assert set(_operators()) == {"enexis", "tennet"}
    asked = _operators(functions="drinking-water,waste-water", areas="GM0363,GM0935")
    assert asked["wml"] == AskedOperator("wml", ("drinking-water",), ("GM0935",))
    assert asked["waternet"] == AskedOperator("waternet", ("drinking-water", "waste-water"), ("GM0363",))
    assert asked["ws0665"].areas == ("GM0935",)
    assert "gm0938" not in asked


def test_only_who_is_named_is_asked() -> None:
    assert _operators(data={"asked": ["enexis"]}) == {"enexis": ENEXIS}


def test_who_is_named_is_asked_about_all_areas_even_outside_its_own() -> None:
    asked = _operators(areas="GM0363,GM0014", data={"asked": ["wml"]})
    assert asked == {"wml": AskedOperator("wml", ("electricity",), ("GM0363", "GM0014"))}


def test_who_serves_some_of_the_areas_is_asked_about_those() -> None:
    assert _operators(areas="GM0935,GM0363", data={"asked": ["enexis"]}) == {"enexis": ENEXIS}


@given(events(REQUESTS))
@example(event("question-raised", source=source_of("enexis")))
@example(event("question-raised", source=source_of("enexis"), data={"asked": ["enexis", "tennet"]}))
def test_nobody_asks_himself_and_nobody_is_asked_twice(request: Event) -> None:
    assert isinstance(request, Request)
    asked = [one.operator for one in asked_operators(request, REGISTER)]
    assert publisher(request.source, REGISTER) not in asked
    assert len(set(asked)) == len(asked)


@given(events(REQUESTS))
def test_everyone_asked_is_named_or_operates_one_of_the_functions_there(request: Event) -> None:
    assert isinstance(request, Request)
    for one in asked_operators(request, REGISTER):
        assert one.functions
        assert set(one.areas) <= set(request.areas)
        if request.data.asked:
            assert one.operator in request.data.asked
        else:
            served = REGISTER.parties[one.operator].areas
            assert all(REGISTER.meeting_area(served, [area]) for area in one.areas)
            roles = {(r.party, r.function) for r in REGISTER.roles if r.kind is RoleKind.OPERATOR}
            assert all((one.operator, function) in roles for function in one.functions)


@pytest.mark.parametrize("label", ["AMBER+STRICT", "RED"])
def test_a_closed_request_asks_only_those_named(label: str) -> None:
    assert _operators(tlp=label) == {}
    assert set(_operators(tlp=label, data={"asked": ["enexis"]})) == {"enexis"}


def test_who_is_not_cleared_is_not_asked() -> None:
    lower = replace(REGISTER.parties["enexis"], clearance=Tlp.GREEN)
    register = replace(REGISTER, parties={**REGISTER.parties, "enexis": lower})
    amber, named = _request(tlp="AMBER"), _request(tlp="AMBER", data={"asked": ["enexis"]})
    assert [one.operator for one in asked_operators(amber, register)] == ["tennet"]
    assert asked_operators(named, register) == []
    assert [one.operator for one in asked_operators(_request(), register)] == ["enexis", "tennet"]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("bij 5 graden", "bij \u22125 graden"),
        ("bij 5 graden", "bij \u20135 graden"),
        ("druk = 5", "druk \u2260 5"),
        ("marge \u00b15", "marge 5"),
    ],
)
def test_a_sign_that_changes_a_number_makes_another_question(one: str, other: str) -> None:
    assert normalised(one) != normalised(other)


@pytest.mark.parametrize("mark", ["\u00ad", "\u200b", "\u200e", "\ufeff", "\u2060"])
def test_what_nobody_sees_makes_no_other_question(mark: str) -> None:
    assert normalised(f"nood{mark}stroom") == normalised("noodstroom")


def test_every_dash_is_the_same_minus() -> None:
    assert (
        len({normalised(f"bij {dash}5 graden") for dash in "-\u2010\u2011\u2012\u2013\u2014\u2212\uff0d"})
        == 1
    )


@pytest.mark.parametrize(("label", "alone"), [("GREEN", False), ("AMBER+STRICT", True), ("RED", True)])
def test_closed_requests_of_two_askers_never_merge(label: str, alone: bool) -> None:
    keys = {
        merge_key(_request(source=source_of(asker), tlp=label, data={"asked": ["enexis"]}), ENEXIS)
        for asker in ("gm0935", "gm0994")
    }
    assert len(keys) == (2 if alone else 1)


def test_an_exercise_never_merges_with_what_is_real() -> None:
    real = "urn:nld:oin:00000001123456780000:systeem:zaken"
    assert merge_key(_request(source=real), ENEXIS) != merge_key(_request(), ENEXIS)


@pytest.mark.parametrize(
    ("changes", "same"),
    [
        ({}, True),
        ({"tlp": "RED", "areas": "GM0994"}, True),
        ({"data": {"parameters": {"depth_cm": " 050"}}}, True),
        ({"data": {"parameters": {"depth_cm": "100"}}}, False),
        ({"data": {"standard_question": "exposed-assets", "parameters": {"hazard": "heat"}}}, False),
        ({"source": "urn:nld:oin:00000001123456780000:systeem:zaken"}, False),
    ],
)
def test_a_deposit_answers_the_same_question_whoever_may_see_it(changes: dict[str, Any], same: bool) -> None:
    deposit = event("answer-deposited")
    assert isinstance(deposit, AnswerDeposited)
    standard = {"standard_question": "stations-at-water-depth", "parameters": {"depth_cm": "50"}}
    data = {**standard, **changes.pop("data", {})}
    asked = _request(data=data, **changes)
    assert (library_key(asked, ENEXIS) == deposit_key(deposit, "enexis")) is same
