"""What is past its term is removed, unless something needs it still; the ledger holds."""

import os
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import text

from consumers.commands import ledger_files, retain
from hub.errors import NotConfigured
from hub.ledger.key import signer_of
from hub.rules.ledger.selecting import Selection
from hub.rules.redacting import REMOVED
from hub.settings import Settings
from hub.store import tables
from hub.store.database import transaction
from hub.store.ledger.checks import check_ledger
from hub.store.ledger.numbering import number_next
from tests import second_checker
from tests.events import attributes, source_of
from tests.fed import NOW, Hub

SOURCE = attributes("question-raised")["source"]
_QUEUE_REMINDER = """
    INSERT INTO mail (mail_key, party, kind, address, tlp, subject, body, made_at, state, register_version)
    SELECT gen_random_uuid(), operator, 'reminder', 'a@b.nl', 'GREEN', 'Wat nu?', 'Wat nu?', received_at,
           'queued', 1 FROM request ORDER BY received_at DESC LIMIT 1
"""


@pytest.fixture
def chosen(hub: Hub, tmp_path: Path) -> Settings:
    """Knowledge goes after ten days, what is RED is kept, all else goes after twenty."""
    sheet = tmp_path / "termijnen.csv"
    sheet.write_text("soort;label;dagen\nknowledge-shared;*;10\n*;RED;altijd\n*;*;20\n")
    hub.settings = hub.settings.model_copy(
        update={"retention_file": sheet, "ledger_key_file": tmp_path / "key"}
    )
    return hub.settings


async def _story(hub: Hub) -> None:
    resolved = {"bottleneck": {"source": SOURCE, "id": "dicht"}}
    await hub.feed(
        attributes("bottleneck-found", id="open"),
        attributes("bottleneck-found", id="dicht"),
        attributes("bottleneck-resolved", id="opgelost", data=resolved),
        attributes("knowledge-shared", id="kennis"),
        attributes("question-raised", id="wacht"),
        attributes("question-raised", id="beantwoord", data={"text": "Wat nu?"}),
    )
    for days in range(1, 15):
        await hub.go(NOW + timedelta(days=days))
    question = {"source": SOURCE, "id": "beantwoord"}
    answer = {"question": question, "per_area": [], "valid_until": "2027-12-01"}
    await hub.feed(attributes("question-answered", id="geldt", source=source_of("enexis"), data=answer))
    await hub.go(NOW + timedelta(days=36))
    await hub.send()


async def _removed(hub: Hub) -> set[str]:
    return {row.content["id"] for row in await hub.rows(tables.event) if REMOVED in str(row.content)}


async def _set_reminder(hub: Hub, change: str) -> None:
    async with transaction(hub.pool) as connection:
        await connection.execute(text(f"UPDATE mail SET {change} WHERE kind = 'reminder'"))  # noqa: S608


async def _holds(hub: Hub) -> list[str]:
    async with transaction(hub.pool) as connection:
        await number_next(connection, NOW, signer_of(hub.settings))
        return (await check_ledger(connection)).faults


async def test_what_is_past_its_term_goes_and_what_is_needed_stays(
    hub: Hub,
    chosen: Settings,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    await _story(hub)
    assert await retain.retain(chosen, remove=False) == 0
    assert await _removed(hub) == set()
    told = capsys.readouterr().out
    for reason in ("open verzoek", "open knelpunt", "antwoord dat nog geldt"):
        assert reason in told

    monkeypatch.setattr(retain, "_AT_ONCE", 1)
    assert await retain.retain(chosen, remove=True) == 0
    assert await _removed(hub) == {"dicht", "opgelost", "kennis"}
    assert await _holds(hub) == []
    before = await hub.rows(tables.removal)
    assert await retain.retain(chosen, remove=True) == 0
    assert await hub.rows(tables.removal) == before

    # A year later nothing needs the rest: the question has lapsed, the answer is no longer valid.
    await hub.go(NOW + timedelta(days=400))
    await hub.send()
    folder = tmp_path / "archief"
    with pytest.raises(ledger_files.CannotWrite):
        await retain.retain(chosen, remove=True, archive=folder)
    assert "beantwoord" not in await _removed(hub)
    folder.mkdir()
    month_file = folder / "grootboek-2027-06.jsonl"
    assert await ledger_files.export(chosen, month_file, Selection(NOW, NOW + timedelta(days=2))) == 0
    assert await retain.retain(chosen, remove=True, archive=folder) == 1
    assert "beantwoord" not in await _removed(hub)
    month_file.unlink()
    # What reminds of it in a mail that is not sent yet needs it too.
    async with transaction(hub.pool) as connection:
        await connection.execute(text(_QUEUE_REMINDER))
    assert await retain.retain(chosen, remove=True) == 0
    assert "beantwoord" not in await _removed(hub)
    await _set_reminder(hub, "state = 'sent'")
    assert await retain.retain(chosen, remove=True, archive=folder) == 0
    assert os.listdir(folder) == ["grootboek-2027-06.jsonl"]  # noqa: PTH208
    month = month_file.read_bytes()
    assert second_checker.check(month) == []
    assert month.count(b"event-routed") >= 6
    assert "open" not in await _removed(hub)
    assert {"beantwoord", "geldt"} <= await _removed(hub)
    assert await _holds(hub) == []
    await _set_reminder(hub, "body = 'Wat nu? te laat opgeschreven'")
    assert await retain.retain(chosen, remove=True) == 0
    assert "te laat" not in str(await hub.rows(tables.mail))
    capsys.readouterr()
    assert await retain.retain(chosen, remove=True) == 0
    assert "Er was niets te verwijderen." in capsys.readouterr().out

    archive = tmp_path / "2027.jsonl"
    assert await ledger_files.export(chosen, archive, Selection(NOW, NOW + timedelta(days=30))) == 0
    assert ledger_files.check(archive, str(signer_of(chosen).verifier)) == 0


async def test_broken_off_it_has_done_whole_lots_and_goes_on(
    hub: Hub, chosen: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    await _story(hub)
    monkeypatch.setattr(retain, "_AT_ONCE", 1)
    empty = retain.removing.empty_mails
    lots = iter((True, False))

    async def breaking(*args: object) -> int:
        if next(lots):
            return await empty(*args)  # type: ignore[arg-type]
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(retain.removing, "empty_mails", breaking)
        with pytest.raises(KeyboardInterrupt):
            await retain.retain(chosen, remove=True)
    assert len(await _removed(hub)) == len(await hub.rows(tables.removal)) == 1
    assert await _holds(hub) == []
    assert await retain.retain(chosen, remove=True) == 0
    assert await _removed(hub) == {"dicht", "opgelost", "kennis"}


async def test_without_good_terms_nothing_goes(hub: Hub, chosen: Settings, tmp_path: Path) -> None:
    with pytest.raises(NotConfigured):
        await retain.retain(chosen.model_copy(update={"retention_file": None}), remove=True)
    wrong = tmp_path / "fout.csv"
    for terms in (chosen.model_copy(update={"retention_file": tmp_path / "weg.csv"}), None):
        wrong.write_text("soort;label;dagen\n*;*;nul\n")
        settings = terms or chosen.model_copy(update={"retention_file": wrong})
        with pytest.raises(retain.WrongTerms):
            await retain.retain(settings, remove=True)
    async with transaction(hub.pool) as connection:
        assert await connection.scalar(text("SELECT count(*) FROM removal")) == 0
