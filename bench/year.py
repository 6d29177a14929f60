"""The national year: how often operators are asked and how long askers wait, by what the throttle does.

    python -m bench.year [--seeds 3]

413 askers and the operators of the register, 52 weeks, a flood in three provinces; through the rules that the
workers use, without a database. Figures are means of the seeds; the target is held to the worst of them.
"""

import argparse
from collections.abc import Callable, Mapping, Sequence
from datetime import date, timedelta
from statistics import mean, median

from bench.year_demand import BEGIN, Ask, Demand, year
from bench.year_figures import Figures, figures, without_hub
from bench.year_play import Played, Variant, play
from hub.register.seed import seed_history
from hub.rules.throttle.policy import DEFAULT
from hub.rules.throttle.slots import Slots

_DAY = date(2027, 6, 1)
_TEN = DEFAULT._replace(places=10)
_DIGEST = DEFAULT._replace(window=1, bundles=1, places=10**6, max_wait=0, reserve=0)

TARGET = Variant("+ 90% in standard words (else 75%)", sheet=True)
FIFO = Variant("+ same, oldest first", sheet=True, turns=False)
USUAL, MORE_STANDARD = Demand(standard=0.75), Demand(standard=0.9)
VARIANTS: tuple[tuple[Demand, tuple[Variant, ...]], ...] = (
    (
        USUAL,
        (
            Variant("weekly digest only", policy=_DIGEST, merging=False, library=False, urgency=False),
            Variant("area in key, Q 10", policy=_TEN, union=False),
            Variant("areas together, Q 10", policy=_TEN),
            Variant("same, oldest first", policy=_TEN, turns=False),
            Variant("areas together, Q 20"),
            Variant("same, no reuse", library=False),
            Variant("+ crisis sheet", sheet=True),
        ),
    ),
    (
        MORE_STANDARD,
        (TARGET, FIFO, TARGET._replace(name="+ half answer for their whole area", whole_area=0.5)),
    ),
    (MORE_STANDARD._replace(steepness=1), (TARGET._replace(name="+ some questions are asked more"),)),
    (MORE_STANDARD._replace(times=0.5), (TARGET._replace(name="+ half as much is asked"),)),
    (MORE_STANDARD._replace(times=3), (TARGET._replace(name="+ three times as much is asked"),)),
)
_LINE = (
    "| {0:34} | {1.fewer_mails:5.1f} | {1.fewer_questions:4.1f} | {1.flood_month:5.1f} | {1.expired:6.1%} "
    "| {1.calm:.2f} | {1.flood:.2f} | {1.jain:.3f} | {1.calm_p95:5.0f} | {1.busiest:2.0f} |"
)
_HEADS = (
    "variant",
    "÷ contacts",
    "÷ questions",
    "flood month",
    "expired",
    "calm",
    "flood",
    "Jain",
    "p95",
    "most",
)
_TARGETS: tuple[tuple[str, Callable[[Figures], float], float, bool], ...] = (
    ("windows over the budget (P1)", lambda one: one.broken, 0, False),
    ("mails ÷ contacts", lambda one: one.fewer_mails, 7, True),
    ("mails ÷ contacts in the flood month", lambda one: one.flood_month, 12, True),
    ("questions ÷ distinct questions", lambda one: one.fewer_questions, 4, True),
    ("expired", lambda one: one.expired, 0.01, False),
    ("calm, within 28 days", lambda one: one.calm, 0.98, True),
    ("flood, within 14 days", lambda one: one.flood, 0.90, True),
    ("Jain", lambda one: one.jain, 0.97, True),
)
"""What is measured, what is wanted of the worst seed, and whether more is better."""


def _mean(of_seeds: Sequence[Figures]) -> Figures:
    return Figures(*(mean(values) for values in zip(*of_seeds, strict=True)))


def _say(line: str) -> None:
    print(line, flush=True)  # noqa: T201


def _say_targets(target: Sequence[Figures], fifo: Sequence[Figures]) -> None:
    _say("\n| strong target | wanted | worst seed | |")
    for what, of, wanted, more_is_better in _TARGETS:
        found = (min if more_is_better else max)(map(of, target))
        holds = found >= wanted if more_is_better else found <= wanted
        _say(f"| {what} | {wanted} | {found:.4g} | {'holds' if holds else 'MISSED'} |")
    ahead = min(one.jain - other.jain for one, other in zip(target, fifo, strict=True))
    _say(f"| Jain above oldest first | > 0 | {ahead:+.4f} | {'holds' if ahead > 0 else 'MISSED'} |")


def _flooded(asks: Sequence[Ask]) -> list[Ask]:
    """The same year, in which one asker puts a thousand questions to the operator that is asked most."""
    operators = [ask.operator for ask in asks]
    busiest = max(sorted(set(operators)), key=operators.count)
    first = next(ask for ask in asks if ask.operator == busiest and not ask.is_flood)
    at = Slots().moment(BEGIN + 6) - timedelta(days=1)
    flood = (
        first._replace(at=at, asker="flood", key=f"flood-{n}", library_key=f"flood-{n}", needed_by=None)
        for n in range(1_000)
    )
    return sorted((*(ask for ask in asks if ask.operator == busiest), *flood), key=lambda ask: ask.at)


def _wait_beside(asks: Sequence[Ask], played: Played) -> float:
    """The median wait of others, in weeks, of what they ask in the half year after one asker's flood; what
    ended unasked waited until its end."""
    begin = Slots().moment(BEGIN + 6)
    return median(
        ((at or ends) - ask.at) / timedelta(weeks=1)
        for ask, at, ends in zip(asks, played.served, played.expires, strict=True)
        if ask.asker != "flood" and begin <= ask.at < begin + timedelta(weeks=26)
    )


def _say_of_target(asked: Sequence[Sequence[Ask]], found: Mapping[str, Sequence[Figures]]) -> None:
    _say_targets(found[TARGET.name], found[FIFO.name])
    one = _mean(found[TARGET.name])
    _say(f"\n{one.questions:.0f} questions in {one.mails:.0f} mails. Without a hub one operator had")
    _say(f"{without_hub(asked)} mails in four weeks, and with it {one.busiest:.0f} contacts.")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--seeds", type=int, default=3)
    seeds = range(1, parser.parse_args().seeds + 1)
    register = seed_history().on(_DAY)
    _say(f"| {' | '.join(_HEADS)} |")
    for demand, variants in VARIANTS:
        asked = [year(register, demand, seed) for seed in seeds]
        found = {}
        for variant in variants:
            found[variant.name] = [figures(asks, play(variant, asks, register), variant) for asks in asked]
            _say(_LINE.format(variant.name, _mean(found[variant.name])))
        if TARGET in variants:
            target, usual = (asked, found), asked[0]
    _say_of_target(*target)
    flooded = _flooded(usual)
    for variant in (TARGET, FIFO):
        weeks = _wait_beside(flooded, play(variant, flooded, register))
        _say(
            f"Beside a thousand questions of one asker, {variant.name}: the median of others is {weeks:.1f} w"
        )


if __name__ == "__main__":
    main()
