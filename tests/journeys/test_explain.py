"""Why did a party receive this, and another not? Asked of the program and of the page."""

import json
from pathlib import Path

from hub.rules.identity import event_key
from hub.store import tables
from hub.store.database import transaction
from hub.store.views.events import EventFilter, count_events
from tests.journeys.running import RunningHub
from tests.journeys.test_program import _run
from tests.samples import sample


async def _unheard(hub: RunningHub) -> int:
    """How many events reached nobody, of this journey and of earlier ones."""
    async with transaction(hub.pool) as connection:
        return await count_events(connection, EventFilter(unheard=True))


async def test_the_hub_tells_who_received_what_and_why_others_did_not(
    hub: RunningHub, tmp_path: Path
) -> None:
    env = hub.settings.as_environment()
    count = await _unheard(hub) + 1
    assert (await hub.publish("gm0935", sample("uitgelegd", tlp="AMBER"))).status_code == 202
    secret = sample("niemand", tlp="RED", data={"recipients": ["gm0935"]})
    assert (await hub.publish("gm0935", secret)).status_code == 202
    await hub.until_quiet()

    code, output = await _run("explain", "uitgelegd", env=env)
    assert code == 0
    assert "Bezorgd volgens het register, versie 1:" in output
    assert "pv31 (mail, direct): het gaat over uw provincie (Maastricht)" in output
    code, output = await _run("explain", "uitgelegd", "--party", "kernteam-health", env=env)
    assert "kernteam-health niet: deze partij heeft dit niet nodig voor haar eigen taak" in output
    code, output = await _run("explain", "--nobody", env=env)
    unheard = str(event_key(secret["source"], secret["id"]))
    told = "1 gebeurtenis heeft" if count == 1 else f"{count} gebeurtenissen hebben"
    assert (code, unheard in output, f"\n{told} niemand bereikt." in output) == (0, True, True)
    assert str(event_key(secret["source"], "uitgelegd")) not in output
    code, output = await _run("explain", "bestaat-niet", env=env)
    assert (code, "Geen gebeurtenis heeft het kenmerk 'bestaat-niet'" in output) == (1, True)

    file = tmp_path / "nieuw.json"
    file.write_text(json.dumps(sample("nieuw")))
    code, output = await _run("explain", file, env=env)
    assert (code, "Zou worden bezorgd" in output, "vr24 (mail, direct)" in output) == (0, True, True)
    code, output = await _run("explain", file, "--party", "gm0363", env=env)
    assert "gm0363 niet: deze partij heeft niets met de functies en gebieden" in output

    rows = await hub.rows(tables.event, tables.event.c.content["id"].astext == "uitgelegd")
    (key,) = [row.event_key for row in rows]
    page = await hub.client.get(f"/gebeurtenissen/{key}", params={"waarom": "kernteam-health"})
    assert "krijgt dit niet: deze partij heeft dit niet nodig voor haar eigen taak" in page.text
    page = await hub.client.get(f"/gebeurtenissen/{key}", params={"waarom": "pv31"})
    assert "krijgt dit wel, direct: het gaat over uw provincie (Maastricht)." in page.text
    page = await hub.client.get("/gebeurtenissen", params={"bereik": "niemand"})
    assert (unheard in page.text, str(key) in page.text) == (True, False)
    assert f"{count} gebeurtenis{'' if count == 1 else 'sen'} gevonden" in page.text
