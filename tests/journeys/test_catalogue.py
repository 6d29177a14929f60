"""The example of every type in the catalogue, published for real and told in real mail."""

from hub.rules.relations import publisher
from hub.store import tables
from schemas.catalogue import CATALOGUE, parse
from schemas.published import example
from tests.journeys.running import RunningHub, subject_of
from tests.registers import REGISTER

OF_PARTIES = [row for row in CATALOGUE if not row.by_hub]


async def test_the_example_of_each_type_is_accepted_and_delivered(hub: RunningHub) -> None:
    for row in OF_PARTIES:
        party = publisher(example(row)["source"], REGISTER)
        assert party is not None
        response = await hub.publish(party, example(row))
        assert response.status_code == 202, (row.short, response.text)
    await hub.until_quiet()
    events = list(await hub.rows(tables.event))
    assert {event.type for event in events} == {row.type for row in OF_PARTIES}
    assert not list(await hub.rows(tables.dead_letter))
    delivered = {delivery.event_key for delivery in await hub.rows(tables.delivery)}
    assert delivered == {event.event_key for event in events}
    withheld = [delivery.withheld for delivery in await hub.rows(tables.delivery) if delivery.withheld]
    assert withheld == []


async def test_what_the_hub_alone_tells_nobody_else_may_publish(hub: RunningHub) -> None:
    for row in CATALOGUE:
        if row.by_hub:
            response = await hub.publish("gm0935", example(row))
            assert response.status_code == 403, (row.short, response.text)
            assert [error["code"] for error in response.json()["errors"]] == ["hub_only"]


async def test_who_invited_hears_whether_an_operator_comes(hub: RunningHub) -> None:
    rows = {row.short: row for row in CATALOGUE}
    invited, accepted = (example(rows[f"participation-{what}"]) for what in ("requested", "accepted"))
    # The examples themselves are published by another journey.
    invited["id"] = accepted["causationid"] = accepted["data"]["request"]["id"] = "uitnodiging-alleen"
    accepted["id"] = "deelname-alleen"
    for party, event in (("ws0665", invited), ("enexis", accepted)):
        assert (await hub.publish(party, event)).status_code == 202
        await hub.until_quiet()
    (mail,) = hub.mails()["ws0665"]
    assert (
        subject_of(mail) == "[OEFENING] [Kernhub] [TLP:GREEN] Deelname toegezegd: Wij komen met twee mensen."
    )
    (request,) = await hub.rows(tables.request, tables.request.c.operator == "enexis")
    assert request.state == "answered"
    assert parse(accepted)
