"""What came of an event, for the parties that may see it and for nobody else."""

from hub.rules.identity import event_key
from tests.journeys.running import RunningHub
from tests.samples import sample


async def _ask(hub: RunningHub, party: str, path: str) -> tuple[int, dict[str, object]]:
    headers = {"Authorization": f"Bearer {await hub.token(party)}"}
    response = await hub.client.get(f"/v1/events/{path}", headers=headers)
    return response.status_code, response.json()


async def test_an_event_is_explained_to_its_publisher_and_its_chain_to_who_received_it(
    hub: RunningHub,
) -> None:
    event = sample("knelpunt", tlp="AMBER")
    assert (await hub.publish("gm0935", event)).status_code == 202
    await hub.until_quiet()
    key = event_key(event["source"], event["id"])

    status, told = await _ask(hub, "gm0935", f"{key}/explanation")
    assert (status, told["registerVersion"]) == (200, 1)
    assert "pv31" in {one["party"] for one in told["recipients"]}  # type: ignore[attr-defined,index]
    codes = {one["party"]: one["code"] for one in told["notReached"]}  # type: ignore[attr-defined,index]
    assert codes["netbeheer-nederland"] == codes["kernteam-health"] == "may-not-know"
    status, told = await _ask(hub, "pv31", f"{key}/chain-effects")
    assert status == 200
    functions = {one["function"]: one for one in told["atRisk"]}  # type: ignore[attr-defined,index]
    assert functions["drinking-water"]["operators"] == ["wml"]

    refused = [
        await _ask(hub, "pv31", f"{key}/explanation"),
        await _ask(hub, "gm0363", f"{key}/explanation"),
        await _ask(hub, "gm0363", f"{key}/chain-effects"),
        await _ask(hub, "kernteam-health", f"{key}/chain-effects"),
        await _ask(hub, "gm0363", "00000000-0000-5000-8000-000000000000/chain-effects"),
    ]
    assert {status for status, _ in refused} == {404}
    assert len({str(told) for _, told in refused}) == 1, "nobody can tell what is there from what is not"
