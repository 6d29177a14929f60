"""What an asker hears before it asks and while it waits, and that it is no more than it may know."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

import httpx
import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from consumers.commands.explain import explain
from consumers.ways_in.http import application
from hub.kafka.broker import Publisher
from hub.rules.identity import event_key
from hub.settings import Settings
from hub.store import tables
from hub.store.access.tokens import new_token
from hub.store.clock import clock_of
from hub.store.database import opened, transaction
from hub.store.register.registers import Registers
from tests.documented import as_described
from tests.events import attributes, source_of
from tests.fed import NOW, Hub
from tests.throttled import FIRST, SLOTS, question

ONE = {"Content-Type": "application/cloudevents+json"}
# On 1 June before ten, the slot of that day is still to come.
AFTER_SLOT = SLOTS.moment(FIRST) + timedelta(hours=1)
URGENT = {"urgent": "De dijk is zwak.", "needed_by": "2027-06-03"}


class Door(NamedTuple):
    """A hub that is fed by hand, and its API."""

    hub: Hub
    client: httpx.AsyncClient
    tokens: dict[str, str]

    def _headers(self, party: str) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.tokens[party]}"}

    async def foreseen(self, event: dict[str, Any], party: str = "gm0935") -> list[dict[str, Any]]:
        headers = self._headers(party) | ONE
        answer = await self.client.post("/v1/events?dryRun=true", json=event, headers=headers)
        assert answer.status_code == 200, answer.text
        found: list[dict[str, Any]] = answer.json().get("foreseen", [])
        return found

    async def requests(self, party: str = "gm0935", page: int = 1) -> dict[str, Any]:
        answer = await self.client.get("/v1/requests", params={"page": page}, headers=self._headers(party))
        assert answer.status_code == 200, answer.text
        told: dict[str, Any] = answer.json()
        return told


@asynccontextmanager
async def _door(settings: Settings, pool: AsyncEngine) -> AsyncIterator[Door]:
    async with Publisher(settings) as publisher:
        hub = Hub(settings, pool, publisher)
        await hub.go(NOW)
        async with transaction(pool) as connection:
            tokens = {
                slug: await new_token(connection, slug, datetime.now(UTC))
                for slug in ("gm0935", "gm0994", "pv31", "wml")
            }
        clock = clock_of(hub.settings, pool)
        app = application(hub.settings, pool, Registers(pool, clock), publisher, clock)
        async with httpx.AsyncClient(
            transport=httpx.ASGITransport(app),
            base_url="http://localhost",
            event_hooks={"response": [as_described()]},
        ) as client:
            yield Door(hub, client, tokens)


@pytest.fixture
async def door(settings: Settings, pool: AsyncEngine) -> AsyncIterator[Door]:
    async with _door(settings, pool) as made:
        yield made


def _ask(number: int, asker: str = "gm0935", **changes: Any) -> dict[str, Any]:
    return question(number, NOW, asker, **changes).event


def _answer(to: dict[str, Any], **changes: Any) -> dict[str, Any]:
    data = {"question": {"source": to["source"], "id": to["id"]}, "per_area": [], "valid_until": None}
    return attributes(
        "question-answered", id=f"a-{to['id']}", source=source_of("enexis"), data=data, **changes
    )


async def test_a_preview_tells_that_a_new_question_costs_one_and_when_it_leaves(door: Door) -> None:
    (one,) = await door.foreseen(_ask(1))
    assert (one["operator"], one["place"], one["cost"], one["others"]) == ("enexis", "new", 1, 0)
    (three,) = [await door.foreseen(_ask(1, data={"asked": ["enexis", "kpn", "wml"]}))]
    assert [one["operator"] for one in three] == ["enexis", "kpn", "wml"]
    assert await door.hub.rows(tables.request) == []


async def test_p13_the_bundle_comes_no_later_than_a_preview_told(door: Door) -> None:
    soon = {"needed_by": str(SLOTS.day(FIRST) + timedelta(days=5))}
    (one,) = await door.foreseen(_ask(1, data=soon))
    assert one["why"] == "too-soon-after-last-bundle"  # one that is hidden may have left before
    await door.hub.feed(_ask(1, data=soon))
    assert (await door.requests())["requests"][0]["expectedBy"] == one["expectedBy"]
    await door.hub.go(SLOTS.moment(FIRST))
    (bundle,) = await door.hub.rows(tables.bundle)
    assert bundle.released_at <= datetime.fromisoformat(one["expectedBy"])


async def test_a_preview_tells_what_joins_and_costs_nothing_also_when_it_was_sent(door: Door) -> None:
    same = {"text": "Staat het station droog?"}
    await door.hub.feed(_ask(1, "gm0994", data=same), _ask(2, "pv31", data=same))
    (one,) = await door.foreseen(_ask(3, data=same))
    assert (one["place"], one["cost"], one["others"]) == ("joins", 0, 2)
    assert "Sluit aan bij 2 andere vragers" in one["detail"]
    await door.hub.go(SLOTS.moment(FIRST + 3))
    (one,) = await door.foreseen(_ask(3, data=same))
    assert (one["place"], one["cost"], one["others"], one["expectedBy"]) == ("joins-sent", 0, 2, None)
    (pressing,) = await door.foreseen(_ask(3, data=same | {"urgent": "De dijk is zwak."}))
    assert pressing["urgent"] == "operator-has-the-question-already"


async def test_a_preview_tells_whether_an_urgent_question_leaves_at_once(door: Door) -> None:
    await door.hub.go(AFTER_SLOT)
    (one,) = await door.foreseen(_ask(1, data=URGENT))
    assert (one["place"], one["urgent"]) == ("new", "released-at-once")
    assert "met spoed, zolang" in one["detail"]
    (other,) = await door.foreseen(_ask(1, data=URGENT | {"needed_by": "2027-12-31"}))
    assert other["urgent"] == "next-slot-is-in-time"
    await door.hub.feed(_ask(2, "gm0994", data=URGENT), _ask(3, "pv31", data=URGENT))  # no place is left
    assert (await door.foreseen(_ask(1, data=URGENT))) == [one]
    await door.hub.feed(_ask(4, data=URGENT))
    (spent,) = await door.foreseen(_ask(5, data=URGENT))
    assert spent["urgent"] == "released-at-once"  # its first one did not leave


async def test_a_preview_tells_that_the_share_of_urgent_questions_is_spent(door: Door) -> None:
    await door.hub.go(AFTER_SLOT)
    await door.hub.feed(_ask(1, data=URGENT))
    (spent,) = await door.foreseen(_ask(2, data=URGENT))
    assert spent["urgent"] == "asker-has-had-its-share-so-ask-the-coordinator"
    assert "de coördinator kan deze bevestigen" in spent["detail"]
    (without,) = await door.foreseen(_ask(2))
    assert "urgent" not in without


async def test_a_preview_joins_what_a_person_says_is_the_same(door: Door) -> None:
    one, other = _ask(1, "gm0994", data={"text": "Hoe hoog?"}), _ask(2, "pv31", data={"text": "Hoeveel cm?"})
    await door.hub.feed(one, other)
    about = [{"source": event["source"], "id": event["id"]} for event in (one, other)]
    data = {"asked": "enexis", "one": about[0], "other": about[1]}
    await door.hub.feed(attributes("questions-merged", data=data))
    for number, text in enumerate(("Hoe hoog?", "Hoeveel cm?"), start=3):
        (seen,) = await door.foreseen(_ask(number, data={"text": text}))
        assert (seen["place"], seen["cost"], seen["others"]) == ("joins", 0, 2)


async def test_a_preview_tells_what_the_library_answers(door: Door) -> None:
    first = _ask(1)
    await door.hub.feed(first)
    await door.hub.feed(_answer(first))
    (one,) = await door.foreseen(_ask(2, data={"text": "Vraag 1?"}))
    assert (one["place"], one["cost"], one["answeredAreas"]) == ("answered", 0, ["GM0935"])
    (other,) = await door.foreseen(_ask(2, "wml", data={"text": "Vraag 1?"}), "wml")
    assert (other["place"], other["answeredAreas"]) == ("new", [])


async def test_p14_a_preview_and_the_list_are_the_same_whatever_is_hidden(
    settings: Settings, twin: Settings, pool: AsyncEngine
) -> None:
    told = []
    async with opened(twin) as other_pool:
        for one_settings, one_pool, hidden in ((settings, pool, 0), (twin, other_pool, 6)):
            async with _door(one_settings, one_pool) as door:
                await door.hub.feed(_ask(1), _ask(2, "gm0994"))
                if hidden:
                    secret = {"tlp": "RED", "data": {"recipients": ["gm0994", "enexis"]}}
                    await door.hub.feed(
                        *(
                            _ask(
                                n,
                                "gm0994",
                                **secret | {"data": {**secret["data"], "text": f"Geheim {n % 5}?"}},
                            )
                            for n in range(10, 10 + hidden)
                        ),
                        _ask(20, "gm0994", tlp="RED", data={"text": "Vraag 1?"}),
                    )
                previews = [
                    await door.foreseen(_ask(3)),
                    await door.foreseen(_ask(4, data={"text": "Geheim 1?"})),
                    await door.foreseen(_ask(5, tlp="RED", data={"text": "Geheim 1?"})),
                    await door.foreseen(_ask(6, data={"text": "Vraag 2?"})),
                ]
                told.append((previews, await door.requests()))
    assert told[0] == told[1]


async def test_an_event_that_asks_nobody_or_is_known_has_nothing_foreseen(door: Door) -> None:
    assert await door.foreseen(attributes("bottleneck-found")) == []


async def test_the_list_tells_where_each_request_stands_and_with_how_many(door: Door) -> None:
    assert await door.requests() == {"page": 1, "pages": 1, "total": 0, "requests": []}
    same = {"text": "Staat het station droog?"}
    first = _ask(1, data=same)
    await door.hub.feed(first, _ask(2, "gm0994", data=same), _ask(3, data={"asked": ["wml"]}))
    told = (await door.requests())["requests"]
    assert [(one["id"], one["operator"], one["state"], one["others"]) for one in told] == [
        (one["id"], one["operator"], "waiting", 1 if one["id"] == "v1" else 0) for one in told
    ]
    assert {one["id"] for one in told} == {"v1", "v3"}
    assert all(one["why"] and one["detail"] for one in told)
    await door.hub.go(SLOTS.moment(FIRST + 3))
    await door.hub.feed(_answer(first))
    await door.hub.feed(_withdrawal(_ask(3)))
    states = {one["id"]: one for one in (await door.requests())["requests"]}
    assert (states["v1"]["state"], states["v1"]["others"]) == ("answered", 0)
    assert [one["id"] for one in states["v1"]["answers"]] == ["a-v1"]
    assert states["v1"]["answers"][0]["eventKey"] == str(event_key(source_of("enexis"), "a-v1"))
    assert states["v3"]["state"] == "withdrawn"


def _withdrawal(of: dict[str, Any]) -> dict[str, Any]:
    data = {"request": {"source": of["source"], "id": of["id"]}}
    return attributes("request-withdrawn", id=f"terug-{of['id']}", source=of["source"], data=data)


async def test_the_list_tells_to_whom_a_request_was_referred(door: Door) -> None:
    asked = question(1, NOW)
    reference = {"source": asked.event["source"], "id": asked.event["id"]}
    data = {"request": reference, "to": "wml", "reason": "Dat is van ons beiden."}
    await door.hub.feed(asked.event)
    await door.hub.feed(attributes("request-referred", id="d1", source=source_of("enexis"), data=data))
    told = {one["operator"]: one["detail"] for one in (await door.requests())["requests"]}
    assert told["enexis"] == "Doorverwezen naar WML (Waterleiding Maatschappij Limburg)."
    assert told["wml"].startswith("Wacht op de volgende bundel.")


async def test_the_list_is_paged_and_of_the_caller_only(door: Door) -> None:
    await door.hub.feed(*(_ask(n) for n in range(60)), _ask(99, "gm0994"))
    first, second, third = [await door.requests(page=page) for page in (1, 2, 3)]
    assert (first["pages"], first["total"], len(first["requests"])) == (2, 60, 50)
    assert (len(second["requests"]), third["requests"]) == (10, [])
    assert len({one["id"] for one in first["requests"] + second["requests"]}) == 60
    assert [one["id"] for one in (await door.requests("gm0994"))["requests"]] == ["v99"]


async def test_the_list_needs_a_token_and_knows_no_other_words(door: Door) -> None:
    assert (await door.client.get("/v1/requests")).status_code == 401
    wrong = await door.client.get("/v1/requests?pagina=2", headers=door._headers("gm0935"))
    assert wrong.status_code == 400


async def test_the_program_tells_of_a_file_what_it_would_cost(
    door: Door, tmp_path: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "vraag.json"
    file.write_text(json.dumps(_ask(1)))
    assert await explain(door.hub.settings, str(file), None) == 0
    assert "Een nieuwe vraag aan de beheerder." in capsys.readouterr().out
