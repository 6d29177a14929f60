from pathlib import Path

import pytest

from consumers.local import kafka_jars
from consumers.local.errors import LocalServiceError

SHA = "ab" * 32


def test_a_lock_line_names_one_jar() -> None:
    (jar,) = kafka_jars.read_lock(f"# comment\n\nnl.test:thing_2.13:1.2.3 {SHA}\n")
    assert jar == kafka_jars.Jar("nl.test", "thing_2.13", "1.2.3", SHA)
    assert jar.file_name == "thing_2.13-1.2.3.jar"


@pytest.mark.parametrize("line", ["nl.test:thing", f"nl.test:thing {SHA}", "nl.test:thing:1 abc"])
def test_an_unreadable_lock_line_is_named(line: str) -> None:
    with pytest.raises(LocalServiceError, match="regel 2"):
        kafka_jars.read_lock(f"# comment\n{line}\n")


def test_the_lock_file_holds_kafka_and_its_logging_once() -> None:
    jars = kafka_jars.read_lock(kafka_jars.LOCK_FILE.read_text())
    names = [f"{jar.group}:{jar.artifact}:{jar.version}" for jar in jars]
    assert kafka_jars.KAFKA in names
    assert kafka_jars.LOGGING in names
    assert len({jar.file_name for jar in jars}) == len(jars)


def test_the_cache_is_outside_the_repository(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    jars = kafka_jars.read_lock(f"org.apache.kafka:kafka_2.13:4.3.1 {SHA}")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert kafka_jars.cache_folder(jars) == tmp_path / "kernhub" / "kafka-4.3.1"
    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert kafka_jars.cache_folder(jars) == tmp_path / ".cache" / "kernhub" / "kafka-4.3.1"


def test_a_jar_with_another_checksum_is_refused(tmp_path: Path) -> None:
    arrived = tmp_path / "arrived.jar"
    arrived.write_bytes(b"something else")
    place = tmp_path / "thing-1.jar"
    with pytest.raises(LocalServiceError, match="controlesom"):
        kafka_jars._accept(kafka_jars.Jar("nl.test", "thing", "1", SHA), arrived, place)
    assert not place.exists()
