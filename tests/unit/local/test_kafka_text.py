from pathlib import Path

from consumers.local import kafka


def test_the_advertised_listener_follows_the_chosen_port() -> None:
    said = kafka.properties(Path("/data"), 19092, 19093, 19094)
    assert said["advertised.listeners"] == "BROKER://127.0.0.1:19092,PARTIES://127.0.0.1:19094"
    assert said["listeners"] == f"{said['advertised.listeners']},CONTROLLER://127.0.0.1:19093"
    assert said["controller.quorum.voters"] == "1@127.0.0.1:19093"


def test_a_properties_file_keeps_backslashes_and_other_letters() -> None:
    text = kafka.as_text({"log.dirs": "/srv/a b/ë\\🌊"})
    assert text == "log.dirs=/srv/a b/\\u00eb\\\\\\ud83c\\udf0a\n"
