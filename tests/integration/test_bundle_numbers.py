"""What an operator is asked has a number of its own, by which it is found again."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from hub.store import tables
from hub.store.database import transaction
from hub.store.throttle.numbers import find_numbered
from tests.events import attributes, source_of
from tests.fed import Hub

SLOT = datetime(2027, 6, 22, 8, tzinfo=UTC)
LATER = datetime(2027, 7, 20, 8, tzinfo=UTC)


def _asked(number: int, operator: str = "enexis", **changes: Any) -> dict[str, Any]:
    data = {"asked": [operator], "needed_by": f"2027-09-{number:02}", "text": f"Vraag {number}?"}
    return attributes("question-raised", id=f"v{number}", data=data, **changes)


async def _found(hub: Hub, operator: str, bundle: int, number: int) -> UUID | None:
    async with transaction(hub.pool) as connection:
        return await find_numbered(connection, operator, bundle, number)


async def test_each_operator_counts_its_own_bundles_and_finds_a_question_by_its_number(hub: Hub) -> None:
    await hub.feed(_asked(1), _asked(2), _asked(3, "wml", functions="drinking-water"))
    await hub.go(SLOT)
    (mail,), (other,) = await hub.bundles(), await hub.bundles("wml")
    assert ("Bundel 1 voor" in mail, "Bundel 1 voor" in other) == (True, True)
    asked = {row.item_key: row.event_key for row in await hub.rows(tables.request)}
    texts = {row.event_key: row.content["data"]["text"] for row in await hub.rows(tables.event)}
    for number in (1, 2):
        item = await _found(hub, "enexis", 1, number)
        assert item is not None
        section = mail.split(f"\n{number}. ")[1].split("Nummer:")[0]
        assert texts[asked[item]] in section
        assert f"\n   Nummer:   1-{number}\n" in mail
    for operator, bundle, number in (("enexis", 1, 3), ("enexis", 2, 1), ("kpn", 1, 1), ("wml", 1, 2)):
        assert await _found(hub, operator, bundle, number) is None


async def test_a_number_stays_when_the_mail_is_made_again_and_when_the_question_comes_back(hub: Hub) -> None:
    await hub.feed(_asked(1), _asked(2), _asked(3))
    await hub.go(SLOT)
    before = [await _found(hub, "enexis", 1, number) for number in (1, 2, 3)]
    about = {"source": source_of("gm0935"), "id": "v1"}
    await hub.feed(
        attributes("request-postponed", data={"request": about, "reason": "Druk.", "until": "2027-07-10"})
    )
    await hub.change("kpn", name="KPN anders")
    await hub.send()
    await hub.go(SLOT)
    (mail,) = await hub.bundles()
    assert ["Nummer:   1-1" in mail, "\n2. " in mail, "Nummer:   1-3" in mail] == [False, True, True]
    await hub.go(LATER)
    assert "Nummer:   2-1\n" in (await hub.bundles())[-1]
    assert [await _found(hub, "enexis", 1, number) for number in (1, 2, 3)] == before
    assert await _found(hub, "enexis", 2, 1) == before[0]
