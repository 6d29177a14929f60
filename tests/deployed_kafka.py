"""Kafka with the settings that docker-compose.yml gives it, and a listener with TLS beside those."""

import ipaddress
import shlex
import time
from argparse import ArgumentParser
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from confluent_kafka.admin import (
    AclBinding,
    AclBindingFilter,
    AclOperation,
    AclPermissionType,
    AdminClient,
    ResourcePatternType,
    ResourceType,
    ScramCredentialInfo,
    ScramMechanism,
    UserScramCredentialUpsertion,
)
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from ruamel.yaml import YAML

from consumers.local import java, kafka, kafka_jars, ready
from consumers.local.processes import Processes
from tests.ports import free_port

COMPOSE = Path(__file__).parents[1] / "docker-compose.yml"
HUB_PASSWORD = "geheim-van-de-hub"
_ALTER = ArgumentParser()
for _option in ("--bootstrap-server", "--alter", "--entity-type", "--entity-name", "--add-config"):
    _ALTER.add_argument(_option, **({"action": "store_true"} if _option == "--alter" else {"required": True}))
_ALLOW = ArgumentParser()
_ALLOW.add_argument("--bootstrap-server", required=True)
_ALLOW.add_argument("--add", action="store_true", required=True)
_ALLOW.add_argument("--allow-principal", required=True)
_ALLOW.add_argument("--operation", action="append", required=True)
_ALLOW.add_argument("--resource-pattern-type", default="literal")
_ALLOW.add_argument("--topic")
_ALLOW.add_argument("--group")
_ALLOW.add_argument("--cluster", action="store_true")


@cache
def services() -> dict[str, Any]:
    """The services of docker-compose.yml."""
    read: dict[str, Any] = YAML(typ="safe").load(COMPOSE)["services"]
    return read


class Deployed(NamedTuple):
    """Where it listens, as `host:port`; `itself` asks for no password. `ca` is the certificate for `tls`."""

    itself: str
    hub: str
    parties: str
    tls: str
    ca: Path

    def let_in(self, prefix: str) -> str:
        """Does what the service kafka-access does, for topics that begin with `prefix`; the hub's user."""
        admin = AdminClient({"bootstrap.servers": self.itself, "log_level": 0})
        lines = [shlex.split(line) for line in services()["kafka-access"]["command"][0].splitlines()]
        (made,) = (_ALTER.parse_args(line[1:]) for line in lines if line[:1] == ["kafka-configs.sh"])
        assert (made.entity_type, made.bootstrap_server) == ("users", "127.0.0.1:19093")
        assert made.add_config.startswith("SCRAM-SHA-512=[password=")
        credential = ScramCredentialInfo(ScramMechanism.SCRAM_SHA_512, 4096)
        upsert = UserScramCredentialUpsertion(made.entity_name, credential, HUB_PASSWORD.encode())
        done = [*admin.alter_user_scram_credentials([upsert]).values()]
        allowed = [_ALLOW.parse_args(line[1:]) for line in lines if line[:1] == ["kafka-acls.sh"]]
        acls = [acl for one in allowed for acl in _acls(one, prefix)]
        done += admin.create_acls(acls).values()
        for each in done:
            each.result(60)
        _until_heard(admin, acls)
        return str(made.entity_name)


def _until_heard(admin: AdminClient, acls: list[AclBinding]) -> None:
    """Waits until the broker has heard of these, which is a moment after Kafka kept them."""
    until = time.monotonic() + 60
    anything = AclBindingFilter(
        ResourceType.ANY, None, ResourcePatternType.ANY, None, None, AclOperation.ANY, AclPermissionType.ANY
    )
    while not set(acls) <= set(admin.describe_acls(anything).result(60)):
        assert time.monotonic() < until
        time.sleep(0.02)


def _acls(allowed: Any, prefix: str) -> list[AclBinding]:
    pattern = ResourcePatternType[allowed.resource_pattern_type.upper()]
    named = [(ResourceType.TOPIC, allowed.topic), (ResourceType.GROUP, allowed.group)]
    resources = [(kind, name.replace("kernhub", prefix)) for kind, name in named if name]
    resources += [(ResourceType.BROKER, "kafka-cluster")] if allowed.cluster else []
    return [
        AclBinding(
            kind,
            name,
            pattern,
            allowed.allow_principal,
            "*",
            AclOperation[operation.upper()],
            AclPermissionType.ALLOW,
        )
        for kind, name in resources
        for operation in allowed.operation
    ]


async def start(var: Path, processes: Processes) -> Deployed:
    """Starts it with its data in `var`, and waits until it answers."""
    folder = var / "kafka"
    folder.mkdir(parents=True)
    ca, keystore = _certificates(folder)
    tell = lambda _: None  # noqa: E731
    node = kafka._Node(await java.find(), await kafka_jars.fetch(tell), folder, folder / "kafka.log")
    free = dict(zip((19093, 9093, 19092, 9092, 19094), (free_port() for _ in range(5)), strict=True))
    words = _properties(folder, keystore, free)
    config = folder / "server.properties"
    config.write_text(kafka.as_text(words))
    cluster = kafka._cluster_id(folder)
    format_it = node.argv(
        "kafka.tools.StorageTool", "format", "--cluster-id", cluster, "--config", str(config)
    )
    formatted = await processes.run("kafka-format", format_it, log=node.log)
    assert formatted.code == 0, formatted.last_lines()
    child = await processes.start(
        "deployed-kafka", node.argv("kafka.Kafka", str(config)), log=node.log, on_trial=True
    )
    await ready.until_ready("Kafka", child, lambda: kafka._answers(free[19093], cluster), 180)
    return Deployed(*(f"127.0.0.1:{free[port]}" for port in (19093, 19092, 9092, 19094)), ca)


def _properties(folder: Path, keystore: Path, free: dict[int, int]) -> dict[str, str]:
    given = services()["kafka"]["environment"]
    words = {_property(name): str(value) for name, value in given.items()}
    for name in ("listeners", "advertised.listeners"):
        # Here all is on one machine, that has no name `kafka`.
        words[name] = (
            words[name].replace("://kafka:", "://127.0.0.1:").replace("://:", "://127.0.0.1:")
            + ",CRYPT://127.0.0.1:19094"
        )
    for name in ("listeners", "advertised.listeners", "controller.quorum.voters"):
        for port in sorted(free, reverse=True):
            words[name] = words[name].replace(f"127.0.0.1:{port}", f"127.0.0.1:<{port}>")
        for port, chosen in free.items():
            words[name] = words[name].replace(f"<{port}>", str(chosen))
    words["listener.security.protocol.map"] += ",CRYPT:SASL_SSL"
    crypt = "listener.name.crypt"
    return {
        **words,
        "offsets.topic.num.partitions": "5",  # quick to make
        "log.dirs": str(folder / "data"),
        f"{crypt}.sasl.enabled.mechanisms": "SCRAM-SHA-512",
        f"{crypt}.scram-sha-512.sasl.jaas.config": words["listener.name.hub.scram-sha-512.sasl.jaas.config"],
        f"{crypt}.ssl.keystore.type": "PEM",
        f"{crypt}.ssl.keystore.location": str(keystore),
    }


def _property(name: str) -> str:
    """As the image reads its variables."""
    words = name.removeprefix("KAFKA_").lower()
    return words.replace("___", "-").replace("__", "\0").replace("_", ".").replace("\0", "_")


def _certificates(folder: Path) -> tuple[Path, Path]:
    """The certificate of an issuer, and a key with a certificate by it for 127.0.0.1, both as PEM."""
    issuer_key, key = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    issuer, subject = (_name(one) for one in ("Uitgever", "Kafka"))
    authority = _certificate(issuer, issuer, issuer_key, issuer_key).add_extension(
        x509.BasicConstraints(ca=True, path_length=0), critical=True
    )
    here = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
    of_kafka = _certificate(subject, issuer, key, issuer_key).add_extension(here, critical=False)
    pem = serialization.Encoding.PEM
    ca, keystore = folder / "ca.pem", folder / "kafka.pem"
    ca.write_bytes(authority.sign(issuer_key, hashes.SHA256()).public_bytes(pem))
    keystore.write_bytes(
        key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        + of_kafka.sign(issuer_key, hashes.SHA256()).public_bytes(pem)
    )
    return ca, keystore


def _certificate(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePrivateKey, signer: ec.EllipticCurvePrivateKey
) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key()), critical=False
        )
    )


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, text)])
