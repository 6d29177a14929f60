"""docker-compose.yml is the hub that the tests run: the same workers, settings and versions."""

import re
import subprocess
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from consumers.local import kafka_jars, postgres
from consumers.worker_name import WorkerName
from hub.settings import Settings

_COMPOSE = Path(__file__).parents[2] / "docker-compose.yml"
_VARIABLE = re.compile(r"\$\{\w+:-([^}]*)\}")


@cache
def _services() -> dict[str, Any]:
    services: dict[str, Any] = YAML(typ="safe").load(_COMPOSE)["services"]
    return services


def _environment(service: str) -> dict[str, str]:
    """As the service gets it when nothing is set outside."""
    given = _services()[service]["environment"]
    return {name: _VARIABLE.sub(r"\1", str(value)) for name, value in given.items()}


def _settings(service: str, monkeypatch: pytest.MonkeyPatch) -> Settings:
    for name, value in _environment(service).items():
        monkeypatch.setenv(name, value)
    return Settings()


def test_every_worker_is_a_service_and_no_other_service_is_built() -> None:
    built = {name: service["command"] for name, service in _services().items() if "build" in service}
    assert built.pop("prepare") == ["prepare"]
    assert built == {worker.value: ["run", worker.value] for worker in WorkerName}


@pytest.mark.parametrize("worker", WorkerName)
def test_a_worker_gets_settings_that_exist(worker: WorkerName) -> None:
    assert _environment(worker).keys() <= {f"KERNHUB_{name.upper()}" for name in Settings.model_fields}


@pytest.mark.parametrize("worker", WorkerName)
def test_a_worker_knows_where_each_part_is(worker: WorkerName, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = _settings(worker, monkeypatch)

    assert settings.smtp_host == "mail"
    assert f"HUB://{settings.kafka_servers}," in _environment("kafka")["KAFKA_ADVERTISED_LISTENERS"]
    assert f"PARTIES://{settings.kafka_party_servers}" in _environment("kafka")["KAFKA_ADVERTISED_LISTENERS"]
    assert settings.database_url is not None
    assert settings.database_url == _settings("prepare", monkeypatch).database_url
    (host,) = settings.database_url.hosts()
    database = _environment("postgres")
    assert host["host"] == "postgres"
    assert (host["username"], settings.database_owner_url) == (postgres.APP_USER, None)
    assert settings.database_url.path == f"/{database['POSTGRES_DB']}"


def test_what_prepares_the_database_is_its_owner(monkeypatch: pytest.MonkeyPatch) -> None:
    settings, database = _settings("prepare", monkeypatch), _environment("postgres")
    assert settings.database_owner_url is not None
    (host,) = settings.database_owner_url.hosts()
    assert host["host"] == "postgres"
    assert host["username"] == database["POSTGRES_USER"]
    assert host["password"] == database["POSTGRES_PASSWORD"]
    assert settings.database_owner_url.path == f"/{database['POSTGRES_DB']}"


def test_what_is_prepared_has_keys_for_access_tokens_where_the_web_server_reads_them(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    made, read = _settings("prepare", monkeypatch).signing_keys, _settings("http", monkeypatch).signing_keys
    assert made == read
    assert made is not None
    volumes = [_services()[name]["volumes"] for name in ("prepare", "http")]
    assert volumes[0] == volumes[1]
    assert f"ledger-key:{made.parent}" in volumes[0]


def test_what_asks_for_no_password_is_inside_the_container_of_kafka() -> None:
    kafka = _environment("kafka")
    protocols = dict(one.split(":") for one in kafka["KAFKA_LISTENER_SECURITY_PROTOCOL_MAP"].split(","))
    addresses = dict(one.split("://") for one in kafka["KAFKA_LISTENERS"].split(","))
    assert addresses.keys() == protocols.keys()
    nameless = {name for name, protocol in protocols.items() if not protocol.startswith("SASL_")}
    assert nameless == {"ITSELF", "CONTROLLER"}
    assert [name for name in nameless if not addresses[name].startswith("127.0.0.1:")] == []


@pytest.mark.parametrize("service", ["prepare", *WorkerName])
def test_who_uses_kafka_has_a_user_there_and_its_password(
    service: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings, made = _settings(service, monkeypatch), _services()["kafka-access"]
    path = settings.kafka_password_file
    assert path is not None
    assert f"--entity-name {settings.kafka_user} " in made["command"][0]
    assert f"mv fresh {path.name}" in made["command"][0]
    assert f"kafka-access:{path.parent}:ro" in _services()[service]["volumes"]
    assert made["volumes"] == ["kafka-access:/etc/kafka/secrets"]
    done = _services()[service]["depends_on"]["kafka-access"]
    assert done == {"condition": "service_completed_successfully"}


_NEEDED = {
    "KERNHUB_KAFKA_SERVERS",
    "KERNHUB_KAFKA_USER",
    "KERNHUB_KAFKA_PASSWORD_FILE",
    "KERNHUB_KAFKA_PARTY_SERVERS",
    "KERNHUB_DATABASE_URL",
    "KERNHUB_SMTP_HOST",
    "KERNHUB_PUBLIC_URL",
    "KERNHUB_SIGNING_KEYS",
}
"""What an installation that is no laptop sets: no default can know it."""


@pytest.mark.parametrize("worker", WorkerName)
def test_a_worker_has_every_setting_that_it_can_not_do_without(worker: WorkerName) -> None:
    given = _environment(worker).keys()
    assert given >= _NEEDED
    assert given & {"KERNHUB_LEDGER_KEY", "KERNHUB_LEDGER_KEY_FILE"}


_NAMED = re.compile(r"\bKERNHUB_[A-Z]+(?:_[A-Z]+)*\b")
_OF_NO_SETTING = {"KERNHUB_TOKEN"}
"""Read by commands of a party, which have no settings of a hub."""


@pytest.mark.parametrize(
    "path",
    sorted(path.name for path in _COMPOSE.parent.glob("*.*") if path.suffix in (".md", ".yml"))
    + sorted(str(path.relative_to(_COMPOSE.parent)) for path in (_COMPOSE.parent / "docs").rglob("*.md")),
)
def test_every_setting_that_is_named_exists(path: str) -> None:
    named = set(_NAMED.findall((_COMPOSE.parent / path).read_text()))
    assert named - _OF_NO_SETTING <= {f"KERNHUB_{name.upper()}" for name in Settings.model_fields}


def test_the_web_server_can_be_reached_and_its_pages_are_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = _settings("http", monkeypatch)

    assert settings.http_host == "0.0.0.0"  # noqa: S104 - inside its container
    assert settings.public_url == "http://127.0.0.1:8080"
    assert _services()["http"]["ports"] == [f"127.0.0.1:8080:{settings.http_port}"]
    assert settings.pages == "closed"


def test_ports_are_published_on_this_machine_only() -> None:
    ports = [port for service in _services().values() for port in service.get("ports", ())]
    assert len(ports) == 3
    assert [port for port in ports if not port.startswith("127.0.0.1:")] == []


def test_what_must_be_healthy_can_tell_so() -> None:
    needed = {
        part
        for service in _services().values()
        for part, need in service.get("depends_on", {}).items()
        if need["condition"] == "service_healthy"
    }
    assert needed == {"kafka", "postgres", "mail"}
    assert [part for part in needed if "healthcheck" not in _services()[part]] == []


def test_every_image_has_a_version() -> None:
    images = [service["image"] for service in _services().values() if "image" in service]
    assert [image for image in images if not re.search(r":v?\d+\.\d+", image)] == []


def test_kafka_is_the_version_that_the_tests_run() -> None:
    jars = kafka_jars.read_lock(kafka_jars.LOCK_FILE.read_text())
    (version,) = {jar.version for jar in jars if jar.artifact == "kafka_2.13"}
    assert _services()["kafka"]["image"] == f"apache/kafka:{version}"
    assert _services()["kafka-access"]["image"] == f"apache/kafka:{version}"


def test_postgresql_is_the_major_version_that_the_tests_run() -> None:
    program = postgres._programs() / "postgres"
    told = subprocess.run([program, "--version"], check=True, capture_output=True, text=True).stdout
    found = re.search(r"PostgreSQL\) (\d+)", told)
    assert found is not None
    assert _services()["postgres"]["image"].startswith(f"postgres:{found[1]}.")


def test_postgresql_keeps_its_data_where_its_image_puts_them() -> None:
    assert _services()["postgres"]["volumes"] == ["postgres:/var/lib/postgresql"]
