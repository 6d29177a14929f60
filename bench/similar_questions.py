"""How well and how fast the hub finds like questions, on the labelled pairs and among 100,000 open questions.

    python -m bench.similar_questions [--open 100000]

Times are of one machine on one day. The quality is the same every time.
"""

import argparse
import random
import statistics
import time
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import Final

import numpy as np
from sklearn.feature_extraction.text import TfidfVectorizer

from bench.likeness import Quality, false_merges, marked, measured
from bench.national import DAY
from hub.asking import example_questions
from hub.asking.example_questions import Pair
from hub.register.seed import seed_history
from hub.rules.alike import THRESHOLD, Index, alike, index_of, with_questions, without
from hub.rules.asking import normalised
from hub.rules.differing import differences
from hub.rules.ngrams import weights_of

_LOOKUPS: Final = 300
_CHANGES: Final = 2_000


def say(text: str) -> None:
    """A line of the report, at once."""
    print(text, flush=True)  # noqa: T201


def reference_recall(pairs: Sequence[Pair], searched: Sequence[str]) -> tuple[float, float]:
    """Recall@1 and @3 of scikit-learn's TF-IDF of character 3-5-grams, fitted on all that is searched."""
    matrix = TfidfVectorizer(analyzer="char_wb", ngram_range=(3, 5), sublinear_tf=True).fit_transform(
        [normalised(text) for text in searched]
    )
    scores = (matrix @ matrix.T).toarray()
    place = {text: number for number, text in enumerate(searched)}
    hits = [0, 0]
    wanted = [(pair.one, pair.other) for pair in pairs if pair.same]
    both = wanted + [(other, one) for one, other in wanted]
    for asked, same in both:
        scores[place[asked], place[asked]] = -1
        nearest = scores[place[asked]].argsort(kind="stable")[::-1][:3]
        hits[0] += nearest[0] == place[same]
        hits[1] += place[same] in nearest
    return hits[0] / len(both), hits[1] / len(both)


def many(texts: Sequence[str], count: int) -> list[tuple[str, str]]:
    """As many open questions, no two the same: the texts of the set, about areas of the country."""
    areas = [f"{area.name} ({code})" for code, area in sorted(seed_history().on(DAY).areas.items())]
    chance = random.Random(13)  # noqa: S311 - no secret
    return [
        (f"q{number}", f"{chance.choice(texts)} Het gaat om {chance.choice(areas)}, zaak {number}.")
        for number in range(count)
    ]


def timed(name: str, todo: Iterable[Callable[[], object]]) -> None:
    """Says how long each took, and how much of that was work of its own: others may use the machine."""
    walls, works = [], []
    for one in todo:
        wall, work = time.perf_counter(), time.thread_time()
        one()
        walls.append((time.perf_counter() - wall) * 1e3)
        works.append((time.thread_time() - work) * 1e3)
    say(f"  {name:34} {_spread(walls)}; own work {_spread(works)}")


def _spread(times: Sequence[float]) -> str:
    p99 = statistics.quantiles(times, n=100)[98]
    return f"median {statistics.median(times):6.2f} ms, p99 {p99:6.2f}"


def weight_in_memory(index: Index) -> int:
    """Bytes of the arrays, without the keys and texts themselves."""
    return sum(
        value.nbytes for part in index.parts for value in vars(part).values() if isinstance(value, np.ndarray)
    )


def _say_quality(name: str, of: Quality) -> None:
    say(
        f"  {name:42} recall@1 {of.recall_at_1:.2f}, recall@3 {of.recall_at_3:.2f},"
        f" precision {of.precision:.2f}, {of.shown:.1f} shown"
    )


def _say_all_quality(pairs: Sequence[Pair]) -> None:
    everything = example_questions.texts(pairs)
    plain = example_questions.texts(pair for pair in pairs if pair.same)
    for name, searched in (("with near copies", everything), ("without", plain)):
        say(f"Finding the paraphrase among {len(searched)} texts, {name}:")
        result = measured(pairs, searched)
        first, second = result.thresholds
        _say_quality(f"threshold of the other half ({first}, {second})", result.chosen)
        _say_quality(f"threshold in use ({THRESHOLD})", result.used)
        one, three = reference_recall(pairs, searched)
        say(f"  {'scikit-learn TF-IDF, no threshold':42} recall@1 {one:.2f}, recall@3 {three:.2f}")
    say("Pairs with a difference marked (of which other than in wording):")
    for kind, (count, any_mark, particular) in marked(pairs).items():
        say(f"  {kind:16} {count:4} pairs: {any_mark / count:4.0%} ({particular / count:4.0%})")
    say(f"False merges by equal text: {len(false_merges(pairs))}")


def _say_speed(texts: Sequence[str], count: int) -> None:
    weights, questions = weights_of(texts), many(texts, count)
    begin = time.perf_counter()
    index = index_of(weights, questions)
    say(f"Among {index.size} open questions, built in {time.perf_counter() - begin:.1f} s:")
    words = sum(len(text) for _, text in questions)
    size = weight_in_memory(index) / 2**20
    say(f"  {size:.0f} MiB of index in {len(index.parts)} parts, beside {words / 1e6:.0f} MB of text")
    asked = [text for _, text in many(texts, count + _LOOKUPS)[count:]]
    timed("a lookup, the text at full length", (partial(alike, index, text) for text in asked))
    timed("a lookup, as people type it", (partial(alike, index, text) for text in texts[:_LOOKUPS]))
    pairs = list(zip(asked, texts, strict=False))
    timed("the differences of two texts", (partial(differences, *pair) for pair in pairs))

    def changed(change: Callable[[Index, int], Index]) -> Iterable[Callable[[], None]]:
        for number in range(min(_CHANGES, len(questions))):

            def step(number: int = number) -> None:
                nonlocal index
                index = change(index, number)

            yield step

    timed("adding a question", changed(lambda now, n: with_questions(now, [(f"new{n}", questions[n][1])])))
    timed("dropping a question", changed(lambda now, n: without(now, [f"q{n * 7}"])))
    timed("a lookup after that", (partial(alike, index, text) for text in asked))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--open", type=int, default=100_000, help="how many open questions")
    chosen = parser.parse_args()
    pairs = example_questions.pairs()
    _say_all_quality(pairs)
    _say_speed(example_questions.texts(pairs), chosen.open)


if __name__ == "__main__":
    main()
