"""Who types a question sees like ones that he may know, and how to join; hidden ones change nothing."""

import asyncio
import threading
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from sqlalchemy import delete
from sqlalchemy.ext.asyncio import AsyncEngine

from consumers.ways_in.http import application
from hub.asking import example_questions
from hub.asking.known_questions import KnownQuestions
from hub.kafka.broker import Publisher
from hub.rules import alike
from hub.rules.identity import event_key
from hub.rules.policy import Mode
from hub.rules.relations import Reason, Relation
from hub.rules.ties import Tied
from hub.settings import Settings
from hub.store import tables
from hub.store.access.tokens import new_token
from hub.store.clock import clock_of
from hub.store.database import transaction
from hub.store.exchanges import NewDeliveries, plan_deliveries
from hub.store.register.registers import Registers
from schemas.standard_question import find_question
from schemas.terms import FunctionSlug, Tlp
from tests.documented import as_described
from tests.events import attributes, source_of
from tests.fed import NOW, Hub

TEXT = "Hoe lang werkt de noodstroom van het onderstation bij 50 cm water?"
OTHER = "Hoe lang werkt de noodstroom van het onderstation bij 150 cm water?"


class Asker:
    """Parties that ask the API which questions are like theirs."""

    def __init__(self, hub: Hub, client: httpx.AsyncClient):
        self.hub = hub
        self.client = client

    async def alike(self, party: str, text: str = TEXT, **more: Any) -> dict[str, Any]:
        async with transaction(self.hub.pool) as connection:
            token = await new_token(connection, party, datetime.now(UTC))
        typed = {"text": text, "functions": ["electricity"], "areas": [], **more}
        response = await self.client.post(
            "questions/alike", json=typed, headers={"Authorization": f"Bearer {token}"}
        )
        assert response.status_code == 200, response.text
        found: dict[str, Any] = response.json()
        return found


@pytest.fixture
async def asker(settings: Settings, pool: AsyncEngine) -> AsyncIterator[Asker]:
    async with Publisher(settings) as publisher:
        hub = Hub(settings.model_copy(update={"pages": "local"}), pool, publisher)
        await hub.go(NOW)
        clock = clock_of(hub.settings, pool)
        app = application(hub.settings, pool, Registers(pool, clock), publisher, clock)
        async with httpx.AsyncClient(
            transport=httpx.ASGITransport(app),
            base_url="http://localhost/v1/",
            event_hooks={"response": [as_described()]},
        ) as client:
            yield Asker(hub, client)


def _asked(asker: str, text: str, event_id: str = "v", **changes: Any) -> dict[str, Any]:
    data = {"asked": ["enexis"], "text": text, "needed_by": None, **changes.pop("data", {})}
    shape = {"id": event_id, "source": source_of(asker), "areas": asker.upper(), "data": data}
    return attributes("question-raised", **shape | changes)


async def test_who_may_know_it_sees_an_open_question_with_its_differences_and_how_to_join(
    asker: Asker,
) -> None:
    await asker.hub.feed(_asked("gm0935", OTHER))
    (one,) = (await asker.alike("kernteam-electricity"))["questions"]
    assert (one["state"], one["text"]) == ("open", OTHER)
    marked = {OTHER[mark["start"] : mark["end"]] for mark in one["differences"]["theirs"]}
    assert any("150" in text for text in marked)
    assert one["ask"]["text"] == OTHER
    assert (one["ask"]["areas"], one["ask"]["asked"]) == (["GM0935"], ["enexis"])


async def test_a_question_that_came_to_a_party_later_is_found_from_then_on(asker: Asker) -> None:
    asked = _asked("gm0935", OTHER)
    await asker.hub.feed(asked)
    assert (await asker.alike("gm0994"))["questions"] == []
    to_them = Tied(("gm0994",), Tlp.AMBER, (Reason(Relation.NAMED),))
    later = NewDeliveries(event_key(asked["source"], asked["id"]), to_them, Mode.DIGEST, 1, NOW)
    async with transaction(asker.hub.pool) as connection:
        await plan_deliveries(connection, [later])
    assert len((await asker.alike("gm0994"))["questions"]) == 1


async def test_what_was_mailed_before_audiences_were_kept_is_found(asker: Asker) -> None:
    await asker.hub.feed(_asked("gm0935", OTHER))
    await asker.hub.go(NOW + timedelta(days=8))
    async with transaction(asker.hub.pool) as connection:
        await connection.execute(delete(tables.audience))
    assert len((await asker.alike("kernteam-electricity"))["questions"]) == 1


async def test_publishing_what_joins_joins(asker: Asker) -> None:
    depth = {"standard_question": "stations-at-water-depth", "parameters": {"depth_cm": "50"}}
    await asker.hub.feed(_asked("gm0935", TEXT, data=depth))
    found = await asker.alike("kernteam-electricity", "Welke stations vallen uit bij 50 cm water?")
    ask = found["questions"][0]["ask"]
    data = {"asked": ask["asked"], "text": ask["text"], "needed_by": None}
    data |= {"standard_question": ask["standardQuestion"], "parameters": ask["parameters"]}
    own = {"functions": ",".join(ask["functions"]), "tlp": ask["tlp"], "areas": "GM0994"}
    await asker.hub.feed(attributes("question-raised", id="w", source=source_of("gm0994"), data=data, **own))
    assert len({row.item_key for row in await asker.hub.rows(tables.request)}) == 1


async def test_a_hidden_question_takes_no_place_and_moves_none(asker: Asker) -> None:
    shown = [_asked("gm0935", f"{TEXT} Zaak {n}.", f"v{n}", tlp="CLEAR") for n in range(4)]
    await asker.hub.feed(*shown)
    before = await asker.alike("gm0935")
    assert len(before["questions"]) == 3
    hidden = [_asked("gm0994", TEXT + "!" * n, f"h{n}", tlp="RED") for n in range(40)]
    await asker.hub.feed(*hidden)
    own = (await asker.alike("gm0994"))["questions"]
    assert [(one["text"].rstrip("!"), one["ask"]) for one in own] == [(TEXT, None)] * 3
    assert await asker.alike("gm0935") == before


async def test_many_in_the_same_words_take_one_place(asker: Asker) -> None:
    towns = ("gm0935", "gm0994", "gm0981")
    await asker.hub.feed(*(_asked(town, TEXT, areas="PV31") for town in towns), _asked("gm0935", OTHER, "o"))
    texts = [one["text"] for one in (await asker.alike("kernteam-electricity"))["questions"]]
    assert texts == [TEXT, OTHER]


async def test_a_deposit_is_shown_to_who_may_have_it_only(asker: Asker) -> None:
    depth = {"standard_question": "stations-at-water-depth", "parameters": {"depth_cm": "50"}}
    text = "Welke stations vallen uit bij 50 cm water?"
    for tlp, count in (("AMBER", 0), ("CLEAR", 1)):
        data = {**depth, "text": "Drie.", "per_area": [], "valid_until": None}
        await asker.hub.feed(attributes("answer-deposited", id=tlp, areas="GM0935", tlp=tlp, data=data))
        found = (await asker.alike("gm0935", text, areas=["GM0935"]))["questions"]
        assert [one["state"] for one in found] == ["answered"] * count
    assert found[0]["ask"]["areas"] == ["GM0935"]


async def test_the_catalogue_is_suggested_too(asker: Asker) -> None:
    question = find_question("stations-at-water-depth", [FunctionSlug.ELECTRICITY])
    assert question is not None
    found = await asker.alike("gm0935", question.asked({"depth_cm": "50"}))
    assert "stations-at-water-depth" in {one["code"] for one in found["standardQuestions"]}
    assert found["questions"] == []


@pytest.mark.parametrize("wrong", [{"text": ""}, {"functions": []}, {"areas": ["?"]}, {"meer": 1}])
async def test_a_wrong_request_hears_what_is_wrong(asker: Asker, wrong: dict[str, Any]) -> None:
    async with transaction(asker.hub.pool) as connection:
        token = await new_token(connection, "gm0935", datetime.now(UTC))
    typed = {"text": TEXT, "functions": ["electricity"], **wrong}
    headers = {"Authorization": f"Bearer {token}"}
    assert (await asker.client.post("questions/alike", json=typed, headers=headers)).status_code == 400


async def test_the_page_of_a_question_shows_like_ones_with_what_differs_in_words_too(asker: Asker) -> None:
    await asker.hub.feed(_asked("gm0935", TEXT), _asked("gm0935", OTHER, "o"))
    await asker.hub.feed(_asked("gm0994", TEXT + " Geheim.", "h", tlp="RED"))
    key = event_key(source_of("gm0935"), "v")
    page = (await asker.client.get(f"http://localhost/gebeurtenissen/{key}")).text
    _, _, after = page.partition("Vragen die hierop lijken")
    alike, _, _ = after.partition("<h2>")
    assert "<mark>[150" in alike
    assert "Bekijk vraag 1 (staat open)" in alike
    assert "Geheim" not in alike


async def test_a_question_is_found_though_the_taking_in_of_it_was_broken_off(
    hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    questions = KnownQuestions(hub.pool)
    begun, go_on = asyncio.Event(), threading.Event()
    loop, whole = asyncio.get_running_loop(), alike.with_questions
    monkeypatch.setattr(example_questions, "texts", lambda _: [TEXT, OTHER])
    await questions.grow()
    await hub.feed(_asked("gm0935", TEXT))

    def held_up(index: alike.Index, new: list[tuple[str, str]]) -> alike.Index:
        loop.call_soon_threadsafe(begun.set)
        go_on.wait(60)
        return whole(index, new)

    with monkeypatch.context() as patched:
        patched.setattr(alike, "with_questions", held_up)
        growing = asyncio.create_task(questions.grow())
        async with asyncio.timeout(60):
            await begun.wait()
        growing.cancel()
        with pytest.raises(asyncio.CancelledError):
            await growing
        go_on.set()
    keys = [key for part in (await questions.grow()).parts for key in part.keys]
    assert [len(questions.in_words(key)) for key in keys] == [1]
