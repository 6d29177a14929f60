"""An operator declines, postpones, refers, merges and splits with the program."""

from hub.store import tables
from tests.events import source_of
from tests.journeys.running import RunningHub
from tests.journeys.test_program import _run
from tests.samples import MAASTRICHT, sample

_ENEXIS = ("--function", "electricity", "--reason", "Hierom.")


async def _states(hub: RunningHub) -> dict[tuple[str, str], str]:
    rows = await hub.rows(tables.request)
    ids = {row.event_key: row.content["id"] for row in await hub.rows(tables.event)}
    return {(ids[row.event_key], row.operator): row.state for row in rows}


async def test_an_operator_steers_its_questions_with_the_program(hub: RunningHub) -> None:
    env = hub.settings.as_environment() | {
        "KERNHUB_TOKEN": await hub.token("enexis"),
        "KERNHUB_SOURCE": source_of("enexis"),
    }
    for number in range(3):
        data = {"asked": ["enexis"], "text": f"Vraag {number}?"}
        await hub.publish("gm0935", sample(f"gestuurd-{number}", "question.raised", data=data))
    await hub.until_quiet()
    code, output = await _run("operator", "decline", MAASTRICHT, "gestuurd-0", *_ENEXIS, env=env)
    assert (code, "niet" in output) == (0, True), output
    code, output = await _run("operator", "refer", MAASTRICHT, "gestuurd-1", "--to", "wml", *_ENEXIS, env=env)
    assert code == 0, output
    code, output = await _run(
        "operator", "postpone", MAASTRICHT, "gestuurd-2", "--until", "2099-01-01", *_ENEXIS, env=env
    )
    assert code == 0, output
    await hub.until_quiet()
    assert await _states(hub) == {
        ("gestuurd-0", "enexis"): "declined",
        ("gestuurd-1", "enexis"): "declined",
        ("gestuurd-1", "wml"): "waiting",
        ("gestuurd-2", "enexis"): "waiting",
    }
    two = ("--one", MAASTRICHT, "gestuurd-2", "--other", MAASTRICHT, "gestuurd-0", *_ENEXIS)
    for word in ("merge", "split"):
        code, output = await _run("operator", word, "enexis", *two, env=env)
        assert code == 0, output
    code, output = await _run(
        "operator", "refer", MAASTRICHT, "gestuurd-2", "--to", "enexis", *_ENEXIS, env=env
    )
    assert (code, "bent u zelf" in output) == (1, True), output
