"""An operator is asked to renew an answer that ends soon: once, and only in a bundle that leaves anyway."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from hub.errors import DatabaseUnavailable
from hub.store import tables
from tests.events import attributes, source_of
from tests.fed import Hub
from tests.throttled import breaking_off

SLOT = datetime(2027, 7, 6, 8, tzinfo=UTC)
"""A slot in which a question that is needed on 15 July leaves; an answer until 31 July ends soon then."""
WEEK = timedelta(weeks=1)
_DEPTH = {"standard_question": "stations-at-water-depth", "parameters": {"depth_cm": "50"}}
_TITLE = "\nLoopt af, graag vernieuwen\n"


def _deposit(event_id: str = "d1", until: str = "2027-07-31", **data: Any) -> dict[str, Any]:
    rows = [{"area": "GM0935", "text": "Twee stations."}]
    given = {**_DEPTH, "text": "Twee.", "per_area": rows, "valid_until": until, **data}
    return attributes("answer-deposited", id=event_id, areas="GM0935", data=given)


def _asked(event_id: str, **data: Any) -> dict[str, Any]:
    given = {"asked": ["enexis"], "needed_by": None, **data}
    return attributes("question-raised", id=event_id, source=source_of("gm0935"), data=given)


def _other(number: int, needed_by: str = "2027-07-15") -> dict[str, Any]:
    return _asked(f"v{number}", text=f"Vraag {number}?", needed_by=needed_by)


def _by(event_id: str) -> dict[str, str]:
    return {"source": source_of("enexis"), "id": event_id}


async def _weeks(hub: Hub, *weeks: int) -> list[bool]:
    """Whether each bundle so far asks to renew."""
    for week in weeks:
        await hub.go(SLOT + week * WEEK)
    return [_TITLE in one for one in await hub.bundles()]


async def test_it_rides_once_in_a_bundle_and_is_no_contact_of_its_own(hub: Hub) -> None:
    await hub.feed(_deposit(), _asked("v0", **_DEPTH))
    assert await _weeks(hub, -2, -1) == []
    await hub.feed(_other(1))
    assert await _weeks(hub, 0) == [True]
    (mail,) = await hub.bundles()
    section = " ".join(mail.partition(_TITLE)[2].split())
    assert "Geldt tot en met 31 juli 2027, voor Maastricht." in section
    assert f"source {source_of('enexis')} id d1 Bekijk: http" in section
    await hub.feed(_other(2, "2027-07-29"))
    assert await _weeks(hub, 1, 2, 3) == [True, False]
    records = await hub.rows(tables.ledger, tables.ledger.c.kind == "renewal-asked")
    assert len(records) == len(await hub.rows(tables.renewal)) == 1


async def test_an_answer_to_a_question_is_renewed_under_that_question(hub: Hub) -> None:
    await hub.feed(_asked("v0", text="Hoe hoog staat het?"))
    await hub.go(datetime(2027, 6, 2, 8, tzinfo=UTC))
    data = {"question": {"source": source_of("gm0935"), "id": "v0"}, "per_area": []}
    answer = {**data, "valid_until": "2027-07-20"}
    await hub.feed(attributes("question-answered", id="a1", source=source_of("enexis"), data=answer))
    await hub.mailer.compose()
    await hub.feed(_other(1))
    assert await _weeks(hub, 0) == [True]
    section = " ".join((await hub.bundles())[0].partition(_TITLE)[2].split())
    assert "- Hoe hoog staat het? Geldt tot en met 20 juli 2027, voor Maastricht." in section


@pytest.mark.parametrize(
    "events",
    [
        [_deposit()],
        [_deposit(until="2027-07-05"), _asked("v0", **_DEPTH)],
        [_deposit(until="2027-08-20"), _asked("v0", **_DEPTH)],
        [_deposit(), _asked("v0", **_DEPTH), _deposit("d2", "2028-07-31", supersedes=_by("d1"))],
        [_deposit(), _asked("v0", **_DEPTH), attributes("answer-retracted", data={"answer": _by("d1")})],
    ],
    ids=["nobody-has-it", "has-ended", "holds-for-long", "has-a-newer-one", "was-retracted"],
)
async def test_what_need_not_be_renewed_is_not_asked_about(hub: Hub, events: list[dict[str, Any]]) -> None:
    await hub.feed(*events)
    await hub.mailer.compose()
    await hub.feed(_other(1))
    assert await _weeks(hub, 0) == [False]


async def test_an_urgent_question_asks_nothing_else(hub: Hub) -> None:
    await hub.feed(_deposit(), _asked("v0", **_DEPTH))
    await _weeks(hub, 0)
    await hub.feed(_asked("v1", text="Nu?", urgent="Het water stijgt.", needed_by="2027-07-07"))
    assert await _weeks(hub, 0) == [False]


async def test_a_mail_that_is_made_again_still_asks_and_one_that_is_withheld_leaves_it_to_the_next(
    hub: Hub,
) -> None:
    await hub.feed(_deposit(), _asked("v0", **_DEPTH), _other(1))
    assert await _weeks(hub, 0) == [True]
    await hub.change("gm0994", name="Valkenburg")
    await hub.send()
    assert await _weeks(hub, 0) == [True]
    about = {"request": {"source": source_of("gm0935"), "id": "v1"}, "reason": None}
    await hub.feed(attributes("request-withdrawn", source=source_of("gm0935"), data=about))
    await hub.change("gm0994", name="Valkenburg aan de Geul")
    await hub.send()
    assert await _weeks(hub, 0) == []
    await hub.feed(_other(2, "2027-07-29"))
    assert await _weeks(hub, 1, 2) == [True]


async def test_broken_off_at_every_statement_it_is_asked_once(hub: Hub) -> None:
    await hub.feed(_deposit(), _asked("v0", **_DEPTH), _other(1))
    await hub.at(SLOT)
    await hub.throttle.release_due()
    times = 0
    while True:
        with breaking_off(hub.pool, times + 1):
            try:
                await hub.mailer.compose()
                break
            except DatabaseUnavailable:
                times += 1
    assert [_TITLE in one for one in await hub.bundles()] == [True]
    assert (len(await hub.rows(tables.renewal)), times > 20) == (1, True)
