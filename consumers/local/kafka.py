"""A local Apache Kafka: one KRaft node that is broker and controller, on 127.0.0.1.

It has a listener for the hub, without a password, and one for parties, with SASL/SCRAM. The authorizer is on:
the hub may do everything, a party what it was allowed."""

import base64
import os
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError

from consumers.local import java, kafka_jars, ready
from consumers.local.errors import ExitedEarly
from consumers.local.ports import HOST
from consumers.local.processes import Child, Processes

NAME = "kafka"
PORTS = (9092, 9093, 9094)  # hub, controller, parties

_START_SECONDS = 180.0
_STOP_SECONDS = 20.0
_LOGGING = Path(__file__).with_name("log4j2.properties")
# Quick to start and small: one collector thread, and no second compiler that competes for a small machine.
_JVM = ("-Xms128m", "-Xmx512m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Djava.awt.headless=true")


@dataclass(frozen=True)
class _Node:
    java: Path
    jars: list[Path]
    folder: Path
    log: Path

    def argv(self, main_class: str, *words: str) -> list[str]:
        jars = os.pathsep.join(map(str, self.jars))
        # A URL, since a plain path may hold a space.
        logging = f"-Dlog4j2.configurationFile={_LOGGING.as_uri()}"
        return [str(self.java), *_JVM, logging, "-cp", jars, main_class, *words]


class Addresses(NamedTuple):
    """Where Kafka is, as `host:port`: for the hub, and for parties."""

    hub: str
    parties: str


async def start(var: Path, processes: Processes, tell: Callable[[str], None]) -> Addresses:
    """Start Kafka with its data in `var`/kafka and wait until it answers. Raises LocalServiceError."""
    folder = var / "kafka"
    folder.mkdir(parents=True, exist_ok=True)
    node = _Node(await java.find(), await kafka_jars.fetch(tell), folder, var / "log" / "kafka.log")
    cluster = _cluster_id(folder)
    if not (folder / "data").exists():
        await _format(node, cluster, processes)

    async def launch(ports: tuple[int, ...]) -> tuple[Child, Callable[[], Awaitable[bool]]]:
        broker = ports[0]
        tell(f"Kafka start op poort {broker} …")
        words = properties(folder / "data", *ports)
        (folder / "server.properties").write_text(as_text(words))
        argv = node.argv("kafka.Kafka", str(folder / "server.properties"))
        child = await processes.start(NAME, argv, log=node.log, on_trial=True)
        return child, lambda: _answers(broker, cluster)

    broker, _, parties = await ready.start_on_free_ports("Kafka", PORTS, launch, processes, _START_SECONDS)
    return Addresses(f"{HOST}:{broker}", f"{HOST}:{parties}")


async def stop(processes: Processes) -> None:
    await processes.stop(NAME, _STOP_SECONDS)


def properties(data: Path, broker: int, controller: int, parties: int) -> dict[str, str]:
    """What server.properties says for a node with these ports."""
    return {
        "process.roles": "broker,controller",
        "node.id": "1",
        # A fixed voter, since the address of a dynamic one is kept in the data and ports may change.
        "controller.quorum.voters": f"1@{HOST}:{controller}",
        "listeners": f"BROKER://{HOST}:{broker},PARTIES://{HOST}:{parties},CONTROLLER://{HOST}:{controller}",
        "advertised.listeners": f"BROKER://{HOST}:{broker},PARTIES://{HOST}:{parties}",
        "listener.security.protocol.map": "BROKER:PLAINTEXT,PARTIES:SASL_PLAINTEXT,CONTROLLER:PLAINTEXT",
        "listener.name.parties.sasl.enabled.mechanisms": "SCRAM-SHA-512",
        "listener.name.parties.scram-sha-512.sasl.jaas.config": (
            "org.apache.kafka.common.security.scram.ScramLoginModule required;"
        ),
        "authorizer.class.name": "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
        # Who comes in by a listener without passwords. A party always has a name.
        "super.users": "User:ANONYMOUS",
        "allow.everyone.if.no.acl.found": "false",
        "inter.broker.listener.name": "BROKER",
        "controller.listener.names": "CONTROLLER",
        "log.dirs": str(data),
        "auto.create.topics.enable": "false",
        "group.initial.rebalance.delay.ms": "0",
        "min.insync.replicas": "1",
        "default.replication.factor": "1",
        "offsets.topic.replication.factor": "1",
        "offsets.topic.num.partitions": "10",
        "transaction.state.log.replication.factor": "1",
        "transaction.state.log.min.isr": "1",
        "transaction.state.log.num.partitions": "10",
        "share.coordinator.state.topic.replication.factor": "1",
        "share.coordinator.state.topic.min.isr": "1",
        "share.coordinator.state.topic.num.partitions": "10",
        "log.cleaner.dedupe.buffer.size": str(32 * 1024 * 1024),
    }


def as_text(words: Mapping[str, str]) -> str:
    """A Java properties file, in ASCII."""
    return "".join(f"{key}={_escaped(value)}\n" for key, value in words.items())


def _escaped(value: str) -> str:
    units = value.replace("\\", "\\\\").encode("utf-16-be", "surrogatepass")
    codes = [int.from_bytes(units[at : at + 2]) for at in range(0, len(units), 2)]
    return "".join(chr(code) if 0x20 <= code < 0x7F else f"\\u{code:04x}" for code in codes)


def _cluster_id(folder: Path) -> str:
    """The cluster id, made at the first start: 16 random bytes in base64url. Not beginning with a dash, which
    the formatting tool would take for an option."""
    path = folder / "cluster-id"
    if not path.exists():
        made = "-"
        while made.startswith("-"):
            made = base64.urlsafe_b64encode(os.urandom(16)).decode().rstrip("=")
        fresh = path.with_suffix(".new")
        fresh.write_text(made + "\n")
        fresh.replace(path)
    return path.read_text().strip()


async def _format(node: _Node, cluster: str, processes: Processes) -> None:
    # Formatted under another name, so that a start broken off halfway is not taken for done.
    fresh = node.folder / "data.new"
    config = node.folder / "format.properties"
    config.write_text(as_text(properties(fresh, *PORTS)))
    words = ("format", "--ignore-formatted", "--cluster-id", cluster, "--config", str(config))
    argv = node.argv("kafka.tools.StorageTool", *words)
    child = await processes.run("kafka-format", argv, log=node.log)
    if child.code != 0:
        raise ExitedEarly("Kafka", child.code or 0, child.log, child.last_lines())
    fresh.rename(node.folder / "data")


async def _answers(port: int, cluster: str) -> bool:
    if not await ready.listens(port):
        return False
    admin = AIOKafkaAdminClient(bootstrap_servers=f"{HOST}:{port}", request_timeout_ms=5000)
    try:
        await admin.start()
        seen = await admin.describe_cluster()
        # Another Kafka may have taken the port just before ours.
        return bool(seen["cluster_id"] == cluster and seen["brokers"])
    except (TimeoutError, KafkaError, OSError):
        return False
    finally:
        await admin.close()
