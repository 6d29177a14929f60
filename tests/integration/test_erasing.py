"""What somebody wrote is removed everywhere in the hub, and the ledger still holds."""

import asyncio
import io
import json
import logging
import pickle
from base64 import b64encode
from collections.abc import Coroutine
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import insert, text, update
from sqlalchemy.ext.asyncio import AsyncConnection

from consumers.commands import erase as erasing_command
from consumers.commands.erase import StillBusy, StillToRead, StillToSend, erase
from consumers.commands.replay_check import check
from consumers.mail import singles
from hub.asking.alike_questions import AlikeQuestions
from hub.ledger import erasing
from hub.rules.identity import content_hash, event_key
from hub.rules.ledger.selecting import Selection
from hub.rules.redacting import REMOVED
from hub.store import tables, words
from hub.store.clock import clock_of
from hub.store.database import transaction
from hub.store.intake.claims import claim_content
from hub.store.ledger.checks import check_ledger
from hub.store.ledger.removing import Removal
from hub.store.mail.mail_in import Came, keep_mail
from hub.store.mail.mail_queue import note_taken
from hub.store.mail.mails import list_failed, queue_failed
from hub.store.register.registers import Registers
from hub.store.under_way import outlast
from hub.store.wake import Channel, WakeUp
from tests.events import attributes, source_of
from tests.fed import NOW, Hub
from tests.ledgers import number_all

NAME = "Jan Jansen"
_mail = tables.mail.c


@pytest.fixture
async def story(hub: Hub) -> Hub:
    """A question that names somebody, which was bundled, mailed and answered, and a bottleneck beside it."""
    await hub.feed(
        attributes("question-raised", id="v1", data={"text": f"Is {NAME} bereikbaar?", "urgent": NAME}),
        attributes("bottleneck-found", id="k1"),
    )
    for days in range(1, 15):
        await hub.go(NOW + timedelta(days=days))
    await hub.feed(_answer())
    await hub.go(NOW + timedelta(days=21))
    return hub


def _answer() -> dict[str, object]:
    asked = attributes("question-raised", id="v1")
    question = {"source": asked["source"], "id": "v1"}
    return attributes("question-answered", id="a1", data={"question": question, "text": f"Bel {NAME}."})


async def _tables_with(connection: AsyncConnection, words: str) -> set[str]:
    names = await connection.execute(text("SELECT tablename FROM pg_tables WHERE schemaname = 'public'"))
    found = set()
    for name in names.scalars().all():
        query = text(f"SELECT count(*) FROM {name} AS one WHERE position(:words in one::text) > 0")  # noqa: S608
        if await connection.scalar(query, {"words": words}):
            found.add(name)
    return found


async def _holds(hub: Hub) -> list[str]:
    async with transaction(hub.pool) as connection:
        await number_all(connection, NOW)
        return (await check_ledger(connection)).faults


async def test_what_is_erased_is_nowhere_in_the_hub_and_the_ledger_holds(
    story: Hub, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(StillToSend):
        await erase(story.settings, ["v1"], None, "verzoek 12", remove=True)
    await story.send()
    async with transaction(story.pool) as connection:
        assert {"event", "mail", "answer", "pressing"} <= await _tables_with(connection, NAME)
        heads = (await connection.execute(text("SELECT size, root FROM tree_head ORDER BY size"))).all()

    assert await erase(story.settings, [], NAME.lower(), None, remove=False) == 0
    async with transaction(story.pool) as connection:
        assert "event" in await _tables_with(connection, NAME)

    assert await erase(story.settings, [], NAME.lower(), "verzoek 12 van Jansen", remove=True) == 0
    async with transaction(story.pool) as connection:
        assert await _tables_with(connection, NAME) == set()
        assert await _tables_with(connection, "verzoek 12") == {"removal"}
        for size, root in heads:
            query = text("SELECT root FROM tree_head WHERE size = :size")
            assert await connection.scalar(query, {"size": size}) == root
    assert await _holds(story) == []
    rows = await story.rows(tables.event)
    assert {row.content["id"] for row in rows if REMOVED in json.dumps(row.content)} >= {"v1", "a1"}
    assert [row.content["data"]["title"] for row in rows if row.content["id"] == "k1"] == [
        attributes("bottleneck-found")["data"]["title"]
    ]
    assert await check(story.settings, Selection()) == 0
    assert "de inhoud verwijderd" in capsys.readouterr().out


async def test_the_mail_of_an_answer_does_not_keep_the_question_that_it_is_called_by(hub: Hub) -> None:
    said = "Wie woont er naast het station?"
    asked = attributes("question-raised", id="vraag", data={"text": said})
    answer = {"question": {"source": asked["source"], "id": "vraag"}, "text": "Niemand.", "per_area": []}
    await hub.feed(asked)
    await hub.feed(attributes("question-answered", id="niemand", source=source_of("enexis"), data=answer))
    await hub.mailer.compose()
    await hub.send()
    (told,) = await hub.rows(tables.mail, _mail.party == "gm0935", _mail.kind == "immediate")
    assert told.subject.endswith(said)
    assert await erase(hub.settings, ["vraag"], None, "verzoek 13", remove=True) == 0
    async with transaction(hub.pool) as connection:
        assert await _tables_with(connection, said) == set()


async def test_what_a_mail_brought_in_goes_too_and_it_is_told_where_the_words_stay(
    story: Hub, capsys: pytest.CaptureFixture[str]
) -> None:
    await story.send()
    await story.feed(attributes("bottleneck-found", id=f"van {NAME}"))
    await story.send()
    head = b"Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: base64\n\n"
    states = {"answered": "answered", "doubt": "refused", "left": "left"}
    async with transaction(story.pool) as connection:
        for state in states:
            came = Came("a@b.nl", "c@d.nl", head + b64encode(f"Groet, {NAME}".encode()))
            key = await keep_mail(connection, came, state, NOW)
            changed = update(tables.mail_in).where(tables.mail_in.c.mail_in_key == key)
            await connection.execute(changed.values(state=state))
        for session, file in ((b"1", f"tekst\n{NAME}"), (b"2", "tekst\nniemand")):
            person = {"party": "gm0935", "mailbox": "a@b.nl", "began_at": NOW, "seen_at": NOW}
            await connection.execute(insert(tables.session).values(session_hash=session, **person))
            upload = {"session_hash": session, "name": "vragen.csv", "content": file.encode()}
            await connection.execute(insert(tables.upload).values(upload))
        names = {"party": "gm0935", "scopes": [], "made_at": NOW, "name": NAME, "token_hash": b"x"}
        await connection.execute(insert(tables.party_token).values(names))

    assert await erase(story.settings, [], NAME, None, remove=False) == 0
    told = capsys.readouterr()
    assert "3 ontvangen mails" in told.out
    assert "Over 1 van die" in told.err
    assert await erase(story.settings, [], NAME, "verzoek 12", remove=True) == 0
    told = capsys.readouterr()
    assert "Weg is" not in told.out
    assert "1 gebeurtenissen: in het kenmerk (id)" in told.err
    assert "1 keer in de naam van een sleutel" in told.err
    rows = await story.rows(tables.mail_in)
    assert [bytes(row.raw) for row in rows] == [b""] * 3
    assert {row.state for row in rows} == set(states.values())
    assert [row.session_hash for row in await story.rows(tables.upload)] == [b"2"]
    assert await _holds(story) == []
    assert await erase(story.settings, [], NAME, "verzoek 12", remove=True) == 0
    assert "Er was niets meer te verwijderen." in capsys.readouterr().out


async def test_what_is_composed_at_that_moment_does_not_keep_what_is_erased(
    story: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    await story.send()
    await story.feed(attributes("bottleneck-found", id="k2", data={"title": f"Bel {NAME} bij brand"}))
    composing, go_on = asyncio.Event(), asyncio.Event()
    keep = singles.keep_made

    async def held_up(*args: Any) -> None:
        composing.set()
        await go_on.wait()
        await keep(*args)

    async def outlasting(*args: Any) -> bool:
        waiting = asyncio.create_task(outlast(*args))
        ended, _ = await asyncio.wait({waiting}, timeout=0.5)
        assert not ended, "it waits for who is composing"
        go_on.set()
        return await waiting

    with monkeypatch.context() as patched:
        patched.setattr(singles, "keep_made", held_up)
        patched.setattr(erasing_command, "outlast", outlasting)
        async with asyncio.timeout(60), asyncio.TaskGroup() as both:
            both.create_task(story.mailer.compose())
            await composing.wait()
            both.create_task(erase(story.settings, [], NAME, "verzoek 12", remove=True))
    async with transaction(story.pool) as connection:
        assert await _tables_with(connection, NAME) == set()
    await story.mailer.compose()
    await story.send()
    told = await story.rows(tables.mail, tables.mail.c.kind == "immediate")
    assert any(row.body != REMOVED and REMOVED in row.body and row.state == "sent" for row in told)
    assert await _holds(story) == []


async def test_it_does_not_come_back_from_kafka_and_again_is_nothing_more(story: Hub) -> None:
    await story.send()
    for _ in range(2):
        assert await erase(story.settings, ["v1", "a1"], None, "verzoek 12", remove=True) == 0
        await story.feed(
            attributes("question-raised", id="v1", data={"text": f"Is {NAME} bereikbaar?", "urgent": NAME}),
            _answer(),
        )
    async with transaction(story.pool) as connection:
        assert await _tables_with(connection, NAME) == set()
    removed = await story.rows(tables.ledger, tables.ledger.c.kind == "content-removed")
    assert len(removed) == len(await story.rows(tables.removal))
    assert await story.rows(tables.dead_letter) == []
    assert await _holds(story) == []


async def test_words_are_erased_from_what_was_refused_and_not_while_something_is_unread(
    log: io.StringIO, story: Hub
) -> None:
    await story.send()
    refused = attributes("question-raised", id="fout", data={"text": f'{NAME} zegt "ja"', NAME: "x"})
    await story.feed(refused)
    assert NAME in str((await story.rows(tables.dead_letter))[0].problems)
    unread = attributes("question-raised", id="nog-niet")
    key = event_key(unread["source"], unread["id"])
    async with transaction(story.pool) as connection:
        await claim_content(connection, {key: content_hash(unread)}, NOW, is_in_kafka=True)
    with pytest.raises(StillToRead):
        await erase(story.settings, [], NAME, "verzoek 12", remove=True)
    await story.feed(unread)
    await story.send()
    assert await erase(story.settings, [], NAME, "verzoek 12", remove=True) == 0
    async with transaction(story.pool) as connection:
        assert await _tables_with(connection, NAME) == set()
    logging.getLogger("proef").debug("read to the end")
    assert "read to the end" in log.getvalue()
    assert NAME not in log.getvalue(), "no log of any worker told what people wrote"


async def test_a_mail_that_the_server_has_is_not_taken_back_and_is_emptied_once_it_counts_as_sent(
    story: Hub,
) -> None:
    of_name = [row for row in await story.rows(tables.mail, _mail.state == "queued") if NAME in row.body]
    taken, others = of_name[0], of_name[1:]
    await note_taken(story.pool, taken.mail_key)
    async with transaction(story.pool) as connection:
        found = await erasing.find(connection, set(), NAME)
        await erasing.empty(connection, found, Removal("erased", "verzoek 12"), NOW)
        assert await words.mails_containing(connection, NAME) == {taken.mail_key: "queued"}
    kept = {row.mail_key for row in await story.rows(tables.mail)}
    assert others
    assert not kept & {row.mail_key for row in others}
    await story.mailer.compose()
    await story.send()
    assert await erase(story.settings, [], NAME, "verzoek 12", remove=True) == 0
    async with transaction(story.pool) as connection:
        assert await _tables_with(connection, NAME) == set()
    assert await _holds(story) == []


async def test_an_erasure_that_is_broken_off_or_can_not_wait_is_completed_by_the_next(
    story: Hub, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    await story.send()
    async with transaction(story.pool) as connection:
        await connection.execute(update(tables.mail).where(_mail.kind == "bundle").values(state="failed"))
    empty, waits = erasing.empty, asyncio.Event()

    async def broken_off(*args: Any) -> None:
        await empty(*args)
        raise asyncio.CancelledError

    async def waiting(*args: Any) -> bool:
        waits.set()
        return await outlast(*args)

    def erased() -> Coroutine[Any, Any, int]:
        return erase(story.settings, [], NAME, "verzoek 12", remove=True)

    async def stands() -> set[str]:
        async with transaction(story.pool) as connection:
            return await _tables_with(connection, NAME)

    before = await stands()
    with monkeypatch.context() as patched:
        patched.setattr(erasing, "empty", broken_off)
        with pytest.raises(asyncio.CancelledError):
            await erased()
    assert await stands() == before, "nothing is half gone"
    async with story.pool.connect() as busy:
        await busy.execute(text("SELECT 1"))
        monkeypatch.setattr(erasing_command, "outlast", waiting)
        interrupted = asyncio.create_task(erased())
        async with asyncio.timeout(60):
            await waits.wait()
        interrupted.cancel()
        with pytest.raises(asyncio.CancelledError):
            await interrupted
        monkeypatch.setattr(erasing_command, "_LONGEST", timedelta(0))
        with pytest.raises(StillBusy, match="Start dit later opnieuw"):
            await erased()
    capsys.readouterr()
    assert await erased() == 0
    assert "Er was niets meer te verwijderen." in capsys.readouterr().out
    assert await stands() == set()
    assert await _holds(story) == []
    async with transaction(story.pool) as connection:
        assert await list_failed(connection) == [], "a mail without words and address is not sent again"
        assert await queue_failed(connection, None, NOW, "hub", NOW) == 0


async def test_a_web_server_forgets_at_once_what_it_searches_through(story: Hub) -> None:
    await story.send()
    clock = clock_of(story.settings, story.pool)
    alike = AlikeQuestions(story.pool, Registers(story.pool, clock), clock)
    await alike.grow()
    old = alike._known
    assert NAME in pickle.dumps(old._index).decode("latin-1")
    stop, wake_up = asyncio.Event(), WakeUp(story.settings, 60, Channel.REMOVED)
    forgetting = asyncio.create_task(alike.keep_forgetting(wake_up, stop))
    assert await erase(story.settings, ["v1"], None, "verzoek 12", remove=True) == 0
    async with asyncio.timeout(60):
        while alike._known is old or alike._known._index is None:  # noqa: ASYNC110
            await asyncio.sleep(0.02)
    assert NAME not in pickle.dumps(alike._known._index).decode("latin-1")
    stop.set()
    wake_up.set()
    await forgetting
    await wake_up.close()


async def test_a_content_that_is_gone_without_a_record_is_found_out(story: Hub) -> None:
    await story.send()
    assert await erase(story.settings, ["v1"], None, "verzoek 12", remove=True) == 0
    assert await _holds(story) == []
    for forged in (
        "INSERT INTO event SELECT gen_random_uuid(), type, subject, functions, areas, tlp, publisher,"
        " accepted_at, content, register_version FROM event LIMIT 1",
        *(
            f"UPDATE event SET {change} WHERE content->>'id' = 'k1'"  # noqa: S608
            for change in ("tlp = 'CLEAR'", "publisher = 'wml'", "areas = '{}'", "register_version = 9")
        ),
    ):
        async with story.pool.connect() as connection:
            await connection.execute(text(forged))
            assert len((await check_ledger(connection)).faults) == 1, forged
    forged = (
        "UPDATE event SET content = jsonb_set(content, '{data,text}', '\"iets\"') WHERE content->>'id' = 'v1'"
    )
    async with story.pool.connect() as connection:
        await connection.execute(text(forged))
        (fault,) = (await check_ledger(connection)).faults
        assert "veranderd of weg" in fault
    async with transaction(story.pool) as connection:
        await connection.execute(text("UPDATE claim SET salt = NULL"))
    assert any("veranderd of weg" in fault for fault in await _holds(story))
