"""Events on disk: in order, once, and still there after a crash."""

import contextlib
import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from connectors.client.sending import BATCH_EVENTS, Receipt
from connectors.client.spool import NotSpooled, Spool, SpoolAway, SpoolBroken, SpoolFull
from schemas.problems import Problem
from tests.samples import sample

_TAKEN = Receipt(True, 202, "accepted", (), "bewijs", "/v1/exchanges/1")
_REFUSED = Receipt(False, 422, "De gebeurtenis klopt niet", (Problem("tlp", "missing", "ontbreekt"),))


def _ids(spool: Spool) -> list[str]:
    return [one.event["id"] for one in spool.first()]


def test_what_waits_stands_in_order_and_the_same_again_has_no_effect(tmp_path: Path) -> None:
    spool = Spool(tmp_path / "map" / "spool.db")
    for name in ("c", "a", "b", "a"):
        spool.put(sample(name))
    assert _ids(spool) == ["c", "a", "b"]
    with pytest.raises(NotSpooled, match="andere inhoud"):
        spool.put(sample("a", tlp="AMBER"))
    spool.note([(1, _TAKEN), (2, _REFUSED)])
    spool.put(sample("c"))
    assert _ids(Spool(tmp_path / "map" / "spool.db")) == ["b"]
    assert [(one.id, one.receipt) for one in spool.answered()] == [("c", _TAKEN), ("a", _REFUSED)]
    assert spool.count_waiting() == 1


@pytest.mark.parametrize(
    "event",
    [
        {},
        {"source": 1, "id": "a"},
        sample("a", data={"n": float("nan")}),
        sample("a", data={"t": "\ud800"}),
        sample("a", data={"o": object()}),
        sample("a", data={"t": "x" * 70_000}),
        sample("a", data={"n": 10**400}),
    ],
)
def test_what_the_hub_could_never_take_is_told_at_once(tmp_path: Path, event: dict[str, Any]) -> None:
    spool = Spool(tmp_path / "spool.db")
    with pytest.raises(NotSpooled):
        spool.put(event)
    assert spool.count_waiting() == 0


def test_large_events_go_in_batches_that_the_hub_takes(tmp_path: Path) -> None:
    spool = Spool(tmp_path / "spool.db")
    for number in range(30):
        spool.put(sample(str(number), data={"description": "é" * 30_000}))
    assert _ids(spool) == [str(number) for number in range(14)]
    assert len(_ids(spool)) < BATCH_EVENTS


def test_what_was_put_is_there_after_a_kill(tmp_path: Path) -> None:
    path = tmp_path / "spool.db"
    program = (
        "import sys; from pathlib import Path; from connectors.client.spool import Spool\n"
        "spool = Spool(Path(sys.argv[1])); number = 0\n"
        "while True:\n"
        "    spool.put({'source': 's', 'id': str(number)}); print(number, flush=True); number += 1\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program, path], stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        told = [process.stdout.readline().strip() for _ in range(50)]
        os.kill(process.pid, signal.SIGKILL)
        told += process.stdout.read().split()
    spool = Spool(path)
    assert _ids(spool)[: len(told)] == told[:BATCH_EVENTS]
    assert spool.count_waiting() - len(told) in (0, 1)


def test_a_full_disk_is_told_and_loses_nothing_that_was_kept(tmp_path: Path) -> None:
    spool = Spool(tmp_path / "spool.db")
    (pages,) = spool._database.execute("PRAGMA page_count").fetchone()
    spool._database.execute(f"PRAGMA max_page_count = {pages + 5}")
    for name in ("a", "b", "c"):
        spool.put(sample(name, data={"description": "x" * 2000}))
    with pytest.raises(SpoolFull, match="schijf is vol"):
        spool.put(sample("d", data={"description": "x" * 20_000}))
    kept = ["a", "b", "c"]
    assert _ids(spool) == kept
    with pytest.raises(SpoolFull):
        spool.note([(1, _REFUSED._replace(note="x" * 20_000))])
    assert _ids(spool) == kept

    spool._database.execute("PRAGMA max_page_count = 100000")
    spool.put(sample("ruimte"))
    spool.note([(1, _REFUSED)])
    assert _ids(Spool(tmp_path / "spool.db")) == [*kept[1:], "ruimte"]


def _damaged(path: Path) -> None:
    spool = Spool(path)
    for number in range(50):
        spool.put(sample(str(number)))
    spool.close()
    whole = path.read_bytes()
    path.write_bytes(whole[:4096] + b"\xff" * (len(whole) - 4096))


def _of_another_program(path: Path) -> None:
    with contextlib.closing(sqlite3.connect(path)) as database:
        database.execute("CREATE TABLE event (name)")


@pytest.mark.parametrize(
    "spoil", [_damaged, _of_another_program, lambda path: path.write_text("geen spool\n" * 500)]
)
def test_a_file_that_is_no_sound_spool_is_told_with_what_to_do_and_kept(
    tmp_path: Path, spoil: Callable[[Path], object]
) -> None:
    path = tmp_path / "spool.db"
    spoil(path)
    before = path.read_bytes()
    with pytest.raises(SpoolBroken, match=r"spool\.db.*beschadigd.*nieuw bestand"):
        Spool(path).put(sample("a"))
    with pytest.raises(SpoolBroken):
        _ids(Spool(path))
    assert path.read_bytes()[100:] == before[100:]  # after the head of SQLite


def test_a_place_where_nothing_can_be_written_is_told_with_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "bestand").touch()
    for place in (tmp_path, tmp_path / "bestand" / "spool.db"):
        with pytest.raises(SpoolAway, match=r"niet te lezen of te schrijven.*mag schrijven"):
            Spool(place)


def test_a_spool_that_another_program_holds_or_may_only_be_read_is_told_and_keeps_what_it_has(
    tmp_path: Path,
) -> None:
    spool = Spool(tmp_path / "spool.db")
    spool.put(sample("a"))
    spool._database.execute("PRAGMA query_only = ON")
    with pytest.raises(SpoolAway, match="alleen gelezen"):
        spool.put(sample("b"))
    spool._database.execute("PRAGMA query_only = OFF")
    spool._database.execute("PRAGMA busy_timeout = 1")
    with contextlib.closing(sqlite3.connect(tmp_path / "spool.db", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(SpoolAway, match="ander programma"):
            spool.put(sample("b"))
    spool.put(sample("b"))
    assert _ids(spool) == ["a", "b"]


def test_two_programs_put_in_one_spool_at_once(tmp_path: Path) -> None:
    path = tmp_path / "spool.db"
    program = (
        "import sys; from pathlib import Path; from connectors.client.spool import Spool\n"
        "spool = Spool(Path(sys.argv[1])); sys.stdin.read()\n"
        "for number in range(40): spool.put({'source': sys.argv[2], 'id': str(number)})\n"
    )
    both = [
        subprocess.Popen([sys.executable, "-c", program, path, name], stdin=subprocess.PIPE)
        for name in ("een", "twee")
    ]
    for process in both:
        assert process.stdin is not None
        process.stdin.close()
    assert [process.wait(30) for process in both] == [0, 0]
    events = [one.event for one in Spool(path).first()]
    assert len(events) == 80
    for name in ("een", "twee"):
        assert [one["id"] for one in events if one["source"] == name] == [str(n) for n in range(40)]
