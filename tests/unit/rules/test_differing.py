"""Which differences between two questions are marked."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bench.likeness import marked
from hub.asking import example_questions
from hub.rules.differing import Differences, differences, discount
from hub.rules.particulars import Kind, content

PAIRS = example_questions.pairs()
_texts = st.sampled_from(example_questions.texts(PAIRS)) | st.text()


def _shown(one: str, other: str) -> set[tuple[str, str, str]]:
    found = differences(one, other)
    return {("one", m.kind.value, one[m.start : m.end]) for m in found.one} | {
        ("other", m.kind.value, other[m.start : m.end]) for m in found.other
    }


def _values(text: str, kind: Kind) -> list[str]:
    return [one.value for one in content(text).particulars if one.kind is kind]


@pytest.mark.parametrize(
    ("one", "other", "kind", "words"),
    [
        ("Valt het uit bij 50 cm?", "Valt het uit bij 150 cm?", "number", ("50 cm", "150 cm")),
        (
            "Binnen 12 uur na de melding?",
            "Binnen twee dagen na de melding?",
            "number",
            ("12 uur", "twee dagen"),
        ),
        ("Langer dan een dag?", "Langer dan een week?", "number", ("een dag", "een week")),
        ("Is de A15 open?", "Is de A12 open?", "code", ("A15", "A12")),
        ("Geldt dit in GM0363?", "Geldt dit in GM0344?", "code", ("GM0363", "GM0344")),
        ("Vóór 1 maart graag.", "Vóór 1 mei graag.", "moment", ("maart", "mei")),
        ("Zoals in 2018?", "Zoals in 2022?", "moment", ("2018", "2022")),
        ("Staat het hoger?", "Staat het lager?", "comparison", ("hoger", "lager")),
        ("Is er gas?", "Is er drinkwater?", "function", ("gas", "drinkwater")),
        ("Geldt dit ook in Venlo?", "Geldt dit ook in Weert?", "name", ("Venlo", "Weert")),
        ("Werkt de pomp handmatig?", "Werkt de klep handmatig?", "wording", ("pomp", "klep")),
    ],
)
def test_what_makes_another_question_is_marked_in_both(
    one: str, other: str, kind: str, words: tuple[str, str]
) -> None:
    assert {("one", kind, words[0]), ("other", kind, words[1])} <= _shown(one, other)


@pytest.mark.parametrize("denial", ["niet", "geen", "nooit", "zonder"])
def test_a_negation_is_marked_where_it_stands(denial: str) -> None:
    assert ("other", "negation", denial) in _shown("Werkt het bij brand?", f"Werkt het {denial} bij brand?")


def test_a_second_negation_is_another_difference_than_a_first() -> None:
    assert ("other", "negation", "niet") in _shown("Kan het niet?", "Kan het niet, of niet altijd?")


def test_roles_that_are_swapped_are_marked() -> None:
    assert _shown("Levert de polder aan de stad?", "Levert de stad aan de polder?")


@pytest.mark.parametrize(
    ("one", "other", "kind"),
    [
        ("150 cm", "1,5 meter", Kind.NUMBER),
        ("24 uur", "een dag", Kind.NUMBER),
        ("veertien dagen", "2 weken", Kind.NUMBER),
        ("1.500 liter", "1500 l", Kind.NUMBER),
        ("38 graden", "38 °C", Kind.NUMBER),
        ("5%", "vijf procent", Kind.NUMBER),
        ("de T=10.000", "de t=10000", Kind.CODE),
        ("in mei", "in Mei", Kind.MOMENT),
    ],
)
def test_the_same_in_other_writing_is_no_difference(one: str, other: str, kind: Kind) -> None:
    assert _values(one, kind) == _values(other, kind) != []


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("5 meter", "-5 meter"),
        ("1,5 meter", "15 meter"),
        ("123456789012345678 liter", "123456789012345679 liter"),
        ("versie 1.2.3", "versie 1.2.4"),
        ("1234567 l", "1234568 l"),
    ],
)
def test_other_numbers_differ(one: str, other: str) -> None:
    assert _values(one, Kind.NUMBER) != _values(other, Kind.NUMBER)


def test_no_more_of_something_compares_nothing() -> None:
    assert _values("Is er geen stroom meer?", Kind.COMPARISON) == []
    assert _values("Is er meer afvoer?", Kind.COMPARISON) == ["more"]


def test_a_capital_that_begins_a_sentence_makes_no_name() -> None:
    assert _values("Heeft Zwolle dit? Graag bericht.", Kind.NAME) == ["zwolle"]


@given(_texts, _texts)
@example("", "")
@example("é", "e\u0301")
@example("一二三", "İstanbul niet 5 cm")
def test_differences_are_the_same_from_both_sides(one: str, other: str) -> None:
    found = differences(one, other)
    assert differences(other, one) == Differences(found.other, found.one, found.whole)
    assert discount(content(one), content(other)) == discount(content(other), content(one))


@given(_texts, _texts)
def test_marks_are_in_the_text_in_order_without_overlap(one: str, other: str) -> None:
    found = differences(one, other)
    for text, marks in ((one, found.one), (other, found.other)):
        edges = [edge for mark in marks for edge in (mark.start, mark.end)]
        assert edges == sorted(edges)
        assert all(0 <= mark.start < mark.end <= len(text) for mark in marks)


@given(_texts)
def test_a_text_does_not_differ_from_itself(text: str) -> None:
    assert differences(text, text) == Differences((), (), True)
    assert discount(content(text), content(text)) == 1


def test_a_text_of_a_megabyte_is_cut_and_says_so() -> None:
    long = "Werkt de pomp bij 5 cm? " * 45_000
    found = differences(long, "Werkt de pomp bij 6 cm?")
    assert not found.whole
    assert max(mark.end for mark in found.one) <= 2_000


def test_nearly_every_hard_pair_of_the_set_shows_a_difference() -> None:
    shares = {kind: shown / count for kind, (count, shown, _) in marked(PAIRS).items()}
    assert min(shares[kind] for kind in ("number", "code", "month", "negation", "other-area")) == 1
    assert min(share for kind, share in shares.items() if kind != "paraphrase") >= 0.85
