"""Which open questions are suggested, and that a suggestion is no more than that."""

import subprocess
import sys
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.likeness import false_merges, measured
from hub.asking import example_questions
from hub.rules.alike import Index, alike, index_of, with_questions, without
from hub.rules.asking import AskedOperator, merge_key
from hub.rules.ngrams import weights_of
from schemas.catalogue import Request
from tests.events import event

PAIRS = example_questions.pairs()
TEXTS = example_questions.texts(PAIRS)
WEIGHTS = weights_of(TEXTS)
INDEX = index_of(WEIGHTS, ((text, text) for text in TEXTS))
ENEXIS = AskedOperator("enexis", ("electricity",), ("GM0935",))

_questions = st.lists(st.tuples(st.sampled_from("abcdefgh"), st.sampled_from(TEXTS) | st.text()), max_size=12)


def _key(text: str, areas: str = "GM0935") -> str:
    request = event("question-raised", data={"text": text}, areas=areas)
    assert isinstance(request, Request)
    return merge_key(request, ENEXIS)


def _keys(index: Index, text: str, most: int = 3) -> list[str]:
    return [suggestion.key for suggestion in alike(index, text, most)]


def test_the_set_is_large_and_of_every_function() -> None:
    kinds = [pair.kind for pair in PAIRS]
    assert kinds.count("paraphrase") >= 100
    assert len(kinds) - kinds.count("paraphrase") >= 200
    assert len({pair.function for pair in PAIRS}) == 14
    assert all(pair.same == (pair.kind == "paraphrase") for pair in PAIRS)


def test_no_two_questions_of_the_set_are_merged_that_ask_something_else() -> None:
    assert false_merges(PAIRS) == []
    assert len({_key(text) for text in TEXTS}) == len(TEXTS)


def test_what_is_suggested_is_not_merged() -> None:
    for pair in PAIRS[:50]:
        for suggestion in alike(INDEX, pair.one):
            assert (_key(suggestion.text) == _key(pair.one)) == (suggestion.text == pair.one)


def test_the_same_words_about_another_area_are_suggested_and_not_merged() -> None:
    text = TEXTS[0]
    index = index_of(WEIGHTS, [("elsewhere", text)])
    assert [(s.key, s.score) for s in alike(index, text)] == [("elsewhere", pytest.approx(1))]
    assert _key(text) != _key(text, areas="GM0938")


def test_a_paraphrase_is_found_as_often_as_the_documentation_says() -> None:
    near_copies = measured(PAIRS, TEXTS)
    alone = measured(PAIRS, example_questions.texts(pair for pair in PAIRS if pair.same))
    assert near_copies.used.recall_at_3 >= 0.44
    assert alone.used.recall_at_3 >= 0.68
    assert alone.used.precision >= 0.27


def test_a_question_that_differs_in_what_it_is_about_comes_after_one_that_does_not() -> None:
    asked = "Staat de A15 bij Geldermalsen blank als de Waaldijk breekt?"
    same = "Komt de A15 bij Geldermalsen blank te staan na een breuk van de Waaldijk?"
    other = "Staat de A2 bij Geldermalsen blank als de Waaldijk breekt?"
    assert _keys(index_of(WEIGHTS, [("other", other), ("same", same)]), asked) == ["same", "other"]


@given(_questions, st.sampled_from(TEXTS) | st.text())
def test_an_index_that_grew_one_by_one_answers_as_one_that_was_made_at_once(
    questions: list[tuple[str, str]], asked: str
) -> None:
    grown = index_of(WEIGHTS)
    for question in questions:
        grown = with_questions(grown, [question])
    last = dict(questions)
    # A key that comes again moves to the end, as a new question does.
    order = list(dict.fromkeys(key for key, _ in reversed(questions)))[::-1]
    assert alike(grown, asked, 12) == alike(index_of(WEIGHTS, [(k, last[k]) for k in order]), asked, 12)
    assert grown.size == len(last)


@given(_questions, st.sets(st.sampled_from("abcdefgh")), st.sampled_from(TEXTS))
def test_what_is_dropped_or_may_not_be_seen_changes_nothing_for_the_rest(
    questions: list[tuple[str, str]], gone: set[str], asked: str
) -> None:
    index = index_of(WEIGHTS, questions)
    rest = index_of(WEIGHTS, [(key, text) for key, text in dict(questions).items() if key not in gone])
    assert alike(without(index, gone), asked, 12) == alike(rest, asked, 12)
    assert alike(index, asked, 12, may_see=lambda key: key not in gone) == alike(rest, asked, 12)


def test_questions_that_may_not_be_seen_do_not_push_out_those_that_may() -> None:
    text = TEXTS[0]
    hidden = [(f"hidden{number}", text) for number in range(1000)]
    index = index_of(WEIGHTS, [*hidden, ("seen", TEXTS[1])])
    assert [s.key for s in alike(index, text, may_see=lambda key: key == "seen")] == ["seen"]


def test_adding_and_dropping_leave_the_index_that_others_hold_as_it_was() -> None:
    before = index_of(WEIGHTS, [("a", TEXTS[0])])
    with_questions(before, [("b", TEXTS[0])])
    without(before, ["a"])
    assert _keys(before, TEXTS[0]) == ["a"]


@pytest.mark.parametrize("nothing", ["", "   ", "?!", "\u200b", "\ud800"])
def test_a_text_without_words_is_like_nothing(nothing: str) -> None:
    assert alike(INDEX, nothing) == []
    assert alike(index_of(WEIGHTS, [("a", nothing)]), TEXTS[0]) == []
    assert alike(index_of(WEIGHTS), TEXTS[0]) == []


def test_of_a_long_text_the_beginning_counts() -> None:
    long = TEXTS[0] + " " + "stroom " * 150_000
    index = index_of(WEIGHTS, [("long", long)])
    assert len(alike(index, long)[0].text) == 2_000
    assert _keys(index, long[:2_000]) == ["long"]


@given(st.text(), st.lists(st.text(), max_size=5))
def test_any_text_has_a_score_between_the_threshold_and_one(asked: str, texts: Sequence[str]) -> None:
    index = index_of(WEIGHTS, ((str(number), text) for number, text in enumerate(texts)))
    assert all(0 < suggestion.score <= 1 for suggestion in alike(index, asked))


def test_the_hub_starts_without_numpy() -> None:
    code = "import sys, consumers.program.main; sys.exit('numpy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
