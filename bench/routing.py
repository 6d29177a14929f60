"""How fast the router is, from Kafka to committed rows, beside two bare loops in the same run.

    python -m bench.routing [--events 40000] [--rounds 3] [--million]

Every figure is of one machine on one day; the ratios are what counts.
"""

import argparse
import asyncio
import logging
import shutil
import statistics
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path

from bench.end_to_end import Run, measure
from bench.national import events, national_history
from consumers.local.processes import Processes
from consumers.local.services import local_services
from hub.register.history import History
from hub.register.model import Register
from hub.rules.recipients import route
from hub.settings import Settings
from schemas.catalogue import parse
from schemas.terms import FunctionSlug

_FEW, _MANY = 500, 5_000
"""Local operators in the register: some 1,000 parties in all, and ten times as many operators."""
_ELSEWHERE = FunctionSlug.PROVINCIAL_ROADS
"""The function that no local operator has."""
_EVENTS_FOR_MILLIONS = 150_000
"""Over the first two million deliveries each function and place comes by; from there memory is flat."""
_VAR = Path("var/bench")


def say(text: str) -> None:
    """A line of the report, at once."""
    print(text, flush=True)  # noqa: T201


def resident_mb() -> int:
    """What this process has in memory now, in MB."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return int(status.split("VmRSS:")[1].split()[0]) // 1024


def pure(register: Register, count: int = 4_000) -> tuple[float, float, float]:
    """Microseconds of `route` per event: the median and the 99th percentile when its places are known, and
    the median of the first time."""
    told = [parse(event) for event in islice(events(count, register), count)]
    first: list[float] = []
    known: list[float] = []
    for times in (first, known):
        for event in told:
            begin = time.perf_counter()
            route(event, register)
            times.append((time.perf_counter() - begin) * 1e6)
    return statistics.median(known), statistics.quantiles(known, n=100)[98], statistics.median(first)


async def _compared(services: Settings, history: History, count: int, rounds: int) -> int:
    """The router and the two bare loops in turn; the rows of an event on average."""
    runs: dict[str, list[Run]] = {"router": [], "copy": [], "upsert": []}
    rows = 0
    for _ in range(rounds):
        runs["router"].append(await measure(services, "router", count, history))
        rows = round(runs["router"][-1].rows / count)
        for kind in ("copy", "upsert"):
            runs[kind].append(await measure(services, kind, count, history, rows_of_event=rows))
    for kind, results in runs.items():
        say(
            f"  {kind:8} {_median(results):8.0f} events/s  {_median_rows(results):9.0f} rows/s"
            f"  ({', '.join(f'{run.events_per_second:.0f}' for run in results)})"
        )
    router = _median_rows(runs["router"])
    say(f"  router / (i) COPY: {router / _median_rows(runs['copy']):.2f} (target 0.6)")
    say(f"  router / (ii) INSERT unnest: {router / _median_rows(runs['upsert']):.2f} (target 1.0)")
    return rows


def _median(runs: Sequence[Run]) -> float:
    return statistics.median(run.events_per_second for run in runs)


def _median_rows(runs: Sequence[Run]) -> float:
    return statistics.median(run.rows_per_second for run in runs)


async def _main(chosen: argparse.Namespace) -> None:
    today = datetime.now(UTC).date()
    history, larger = national_history(_FEW), national_history(_MANY)
    for name, one in ((f"{_FEW} local operators", history), (f"{_MANY} local operators", larger)):
        register = one.on(today)
        median, worst, first = pure(register)
        say(
            f"pure route, {len(register.parties)} parties ({name}): median {median:.0f} us (target 100),"
            f" p99 {worst:.0f} us; median of the first time at a place {first:.0f} us"
        )
    await asyncio.to_thread(shutil.rmtree, _VAR, ignore_errors=True)
    async with local_services(Settings(var=_VAR), Processes(), say) as services:
        say(f"\nKafka to committed rows, {chosen.events} events, {chosen.rounds} rounds:")
        rows = await _compared(services, history, chosen.events, chosen.rounds)
        say(f"  {rows} deliveries per event on average")

        say("\ntwo router processes beside one (median of the rounds):")
        ones, twos = [], []
        for _ in range(chosen.rounds):
            ones.append(await measure(services, "router", chosen.events, history))
            twos.append(await measure(services, "router", chosen.events, history, processes=2))
        alone, beside = _median(ones), _median(twos)
        say(f"  one {alone:.0f} events/s, two {beside:.0f}: {beside / alone:.2f}")

        say("\nevents that do not concern the added parties, in both registers:")
        small: list[Run] = []
        large: list[Run] = []
        for number in range(chosen.rounds):
            both = [(small, history), (large, larger)]
            for runs, one in (
                both if number % 2 else reversed(both)
            ):  # the machine slows: neither is always last
                runs.append(await measure(services, "router", chosen.events, one, about=_ELSEWHERE))
        say(
            f"  {_FEW} local operators {_median(small):.0f} events/s, {_MANY}: {_median(large):.0f}:"
            f" {_median(large) / _median(small):.2f}"
        )
        if chosen.million:
            run = await measure(services, "router", _EVENTS_FOR_MILLIONS, history)
            say(f"\nmemory over {run.rows} deliveries: {run.half_memory / 1024:.0f} MiB halfway,")
            say(f"  {run.memory / 1024:.0f} MiB at the end")


def main() -> None:
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)  # new topics have no leader for a moment
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--events", type=int, default=40_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--million", action="store_true", help="also memory over seven million deliveries")
    asyncio.run(_main(parser.parse_args()))


if __name__ == "__main__":
    main()
