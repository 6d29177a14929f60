"""How the hub itself comes in at Kafka: where, as which user, and with TLS or without."""

import ssl
from pathlib import Path
from typing import Any, NamedTuple

from aiokafka.conn import create_conn
from aiokafka.errors import (
    AuthenticationFailedError,
    IllegalSaslStateError,
    KafkaError,
    SaslAuthenticationFailed,
    UnsupportedSaslMechanismError,
)
from aiokafka.protocol.metadata import MetadataRequest
from pydantic import SecretStr

from hub.errors import KafkaRefuses, KafkaUnavailable, NotConfigured, why
from hub.settings import Settings

MECHANISM = "SCRAM-SHA-512"
_PROBE_MS = 5000
_REFUSALS = (
    AuthenticationFailedError,
    IllegalSaslStateError,
    SaslAuthenticationFailed,
    UnsupportedSaslMechanismError,
)


class Access(NamedTuple):
    """The hub's user on Kafka, None for a listener that asks for none, and its TLS, None for none."""

    servers: str
    user: str | None
    password: SecretStr
    tls: ssl.SSLContext | None

    @property
    def protocol(self) -> str:
        return ("SASL_" if self.user else "") + ("SSL" if self.tls else "PLAINTEXT")


def access(settings: Settings) -> Access:
    """What the settings say, files read now: a changed password counts from the next connection. Raises
    NotConfigured with all that is wrong."""
    if settings.kafka_servers is None:
        raise NotConfigured("Geen Kafka ingesteld: zet KERNHUB_KAFKA_SERVERS of gebruik 'kernhub up'.")
    wrong: list[str] = []
    password = _password(settings, wrong)
    if (settings.kafka_user is None) is not (password is None) and not wrong:
        wrong.append(
            "Zet KERNHUB_KAFKA_USER samen met KERNHUB_KAFKA_PASSWORD of KERNHUB_KAFKA_PASSWORD_FILE."
        )
    tls = _tls(settings, wrong)
    if wrong:
        raise NotConfigured("\n".join(wrong))
    return Access(settings.kafka_servers, settings.kafka_user, SecretStr(password or ""), tls)


def _password(settings: Settings, wrong: list[str]) -> str | None:
    given, path = settings.kafka_password, settings.kafka_password_file
    if path is None:
        return given.get_secret_value() if given else None
    if given is not None:
        wrong.append("Zet KERNHUB_KAFKA_PASSWORD of KERNHUB_KAFKA_PASSWORD_FILE, niet allebei.")
        return None
    try:
        read = path.read_text().strip()
    except OSError as error:
        wrong.append(_unreadable(path, "KERNHUB_KAFKA_PASSWORD_FILE", why(error)))
        return None
    except UnicodeDecodeError:
        read = ""
    if not read:
        wrong.append(_unreadable(path, "KERNHUB_KAFKA_PASSWORD_FILE", "er staat geen wachtwoord in"))
    return read


def _tls(settings: Settings, wrong: list[str]) -> ssl.SSLContext | None:
    path = settings.kafka_ca_file
    if not settings.kafka_tls:
        if path is not None:
            wrong.append("KERNHUB_KAFKA_CA_FILE telt alleen met TLS: zet KERNHUB_KAFKA_TLS op 'true'.")
        return None
    try:
        return ssl.create_default_context(cafile=path)
    except ssl.SSLError:
        reason = "er staat geen certificaat (PEM) in"
    except OSError as error:
        reason = why(error)
    wrong.append(_unreadable(path, "KERNHUB_KAFKA_CA_FILE", reason))
    return None


def _unreadable(path: Path | None, name: str, reason: str) -> str:
    return f"'{path}' ({name}) is niet te gebruiken: {reason}."


def for_aiokafka(settings: Settings) -> dict[str, Any]:
    """The options of every client of aiokafka. Raises NotConfigured."""
    own = access(settings)
    return {"bootstrap_servers": own.servers, **_secured(own)}


def _secured(own: Access) -> dict[str, Any]:
    return {
        "security_protocol": own.protocol,
        "ssl_context": own.tls,
        **(
            {
                "sasl_mechanism": MECHANISM,
                "sasl_plain_username": own.user,
                "sasl_plain_password": own.password.get_secret_value(),
            }
            if own.user
            else {}
        ),
    }


def for_librdkafka(settings: Settings) -> dict[str, Any]:
    """The same options for librdkafka. Raises NotConfigured."""
    own = access(settings)
    return {
        "bootstrap.servers": own.servers,
        "security.protocol": own.protocol,
        **(
            {
                "sasl.mechanism": MECHANISM,
                "sasl.username": own.user,
                "sasl.password": own.password.get_secret_value(),
            }
            if own.user
            else {}
        ),
        **({"ssl.ca.location": str(settings.kafka_ca_file)} if settings.kafka_ca_file else {}),
    }


async def must_let_in(settings: Settings) -> None:
    """Whether a server of Kafka lets the hub in. Raises KafkaRefuses when one says no, which waiting does not
    mend; KafkaUnavailable when none answers; NotConfigured."""
    own = access(settings)
    for server in own.servers.split(","):
        host, _, port = server.strip().rpartition(":")
        if not (host and port.isdecimal()):
            raise NotConfigured(f"'{server.strip()}' in KERNHUB_KAFKA_SERVERS is geen host:poort.")
        try:
            connection = await create_conn(
                host.strip("[]"), int(port), request_timeout_ms=_PROBE_MS, **_secured(own)
            )
            try:
                # Before this, Kafka asks nobody for a password.
                await connection.send(MetadataRequest([]))
            finally:
                connection.close()
        except _REFUSALS as error:
            raise KafkaRefuses(_no_entry(own, server)) from error
        except ssl.SSLError as error:
            raise KafkaRefuses(_no_tls(server, error)) from error
        except (KafkaError, OSError, TimeoutError):
            continue
        return
    raise KafkaUnavailable(f"Kafka op {own.servers} geeft geen antwoord.{_hint(own)}")


async def must_not_be_refused(settings: Settings) -> None:
    """For a start: raises KafkaRefuses or NotConfigured. A Kafka that does not answer is waited for later."""
    try:
        await must_let_in(settings)
    except KafkaRefuses:
        raise
    except KafkaUnavailable:
        return


def _no_entry(own: Access, server: str) -> str:
    return (
        f"Kafka op {server} laat gebruiker '{own.user}' niet binnen. Klopt KERNHUB_KAFKA_USER, en het "
        "wachtwoord in KERNHUB_KAFKA_PASSWORD of KERNHUB_KAFKA_PASSWORD_FILE? Kafka moet hem kennen "
        f"met {MECHANISM}."
    )


def _no_tls(server: str, error: ssl.SSLError) -> str:
    if isinstance(error, ssl.SSLCertVerificationError):
        return (
            f"Het certificaat van Kafka op {server} is niet te vertrouwen ({error.verify_message}). Zet in "
            "KERNHUB_KAFKA_CA_FILE het certificaat (PEM) van wie het uitgaf, en noem de server zoals het "
            "certificaat doet."
        )
    return f"Op {server} is geen TLS met Kafka mogelijk. Klopt KERNHUB_KAFKA_SERVERS, en KERNHUB_KAFKA_TLS?"


def _hint(own: Access) -> str:
    tls = "met TLS" if own.tls else "zonder TLS"
    user = f"als '{own.user}'" if own.user else "zonder gebruiker"
    return (
        f" De hub komt er {tls} en {user}: klopt dat bij die poort (KERNHUB_KAFKA_TLS, KERNHUB_KAFKA_USER)?"
    )
