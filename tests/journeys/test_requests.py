"""An asker lists its requests with the program, and withdraws one."""

from tests.events import source_of
from tests.journeys.running import RunningHub
from tests.journeys.test_program import _run
from tests.registers import REGISTER
from tests.samples import sample


async def test_an_asker_lists_its_requests_and_withdraws_one(hub: RunningHub) -> None:
    asker = REGISTER.parties["gm0994"]  # no other journey asks in its name
    env = hub.settings.as_environment() | {"KERNHUB_TOKEN": await hub.token(asker.slug)}
    code, output = await _run("requests", "list", env=env)
    assert (code, "nog niets aan beheerders gevraagd" in output) == (0, True)
    question = sample(
        "vraag", "question.raised", source=source_of(asker.slug), areas="GM0994", data={"asked": ["enexis"]}
    )
    assert (await hub.publish(asker.slug, question)).status_code == 202
    await hub.until_quiet()
    code, output = await _run("requests", "list", env=env)
    assert (code, "vraag  aan enexis: " in output, "Wacht op de volgende bundel." in output) == (
        0,
        True,
        True,
    )
    code, output = await _run("requests", "withdraw", "vraag", "--reason", "Al bekend.", env=env)
    assert (code, "is ingetrokken" in output) == (0, True), output
    await hub.until_quiet()
    code, output = await _run("requests", "list", env=env)
    assert "Ingetrokken." in output
    code, output = await _run("requests", "withdraw", "vraag", env=env)
    assert (code, "is al klaar" in output) == (1, True)
    code, output = await _run("requests", "withdraw", "bestaat-niet", env=env)
    assert (code, "U hebt geen verzoek 'bestaat-niet'" in output) == (1, True)
