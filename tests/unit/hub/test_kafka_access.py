"""What the settings say of how the hub comes in at Kafka."""

from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from hub.errors import NotConfigured
from hub.kafka.access import access, for_aiokafka, for_librdkafka
from hub.settings import Settings

_SECRET = SecretStr("geheim")


def _settings(**chosen: Any) -> Settings:
    return Settings(kafka_servers="kafka.example:9092", **chosen)


def test_without_a_user_nothing_is_asked() -> None:
    own = access(_settings())
    assert (own.protocol, own.user, own.tls) == ("PLAINTEXT", None, None)
    assert for_librdkafka(_settings()) == {
        "bootstrap.servers": "kafka.example:9092",
        "security.protocol": "PLAINTEXT",
    }


def test_a_user_goes_to_both_libraries() -> None:
    settings = _settings(kafka_user="kernhub", kafka_password=_SECRET, kafka_tls=True)
    ours, theirs = for_aiokafka(settings), for_librdkafka(settings)
    assert ours["security_protocol"] == theirs["security.protocol"] == "SASL_SSL"
    assert (ours["sasl_plain_username"], ours["sasl_plain_password"]) == ("kernhub", "geheim")
    assert (theirs["sasl.username"], theirs["sasl.password"]) == ("kernhub", "geheim")
    assert ours["ssl_context"].check_hostname


def test_a_password_in_a_file_counts_as_it_is_now(tmp_path: Path) -> None:
    path = tmp_path / "password"
    settings = _settings(kafka_user="kernhub", kafka_password_file=path)
    for password in ("een", "twee"):
        path.write_text(f"{password}\n")
        assert access(settings).password.get_secret_value() == password


@pytest.mark.parametrize(
    ("chosen", "told"),
    [
        ({"kafka_user": "kernhub"}, ["KERNHUB_KAFKA_USER samen met"]),
        ({"kafka_password": _SECRET}, ["KERNHUB_KAFKA_USER samen met"]),
        (
            {"kafka_user": "kernhub", "kafka_password_file": Path("/er/niet")},
            ["KERNHUB_KAFKA_PASSWORD_FILE) is niet te gebruiken: dat is er niet"],
        ),
        (
            {"kafka_user": "kernhub", "kafka_password_file": Path("/dev/null")},
            ["er staat geen wachtwoord in"],
        ),
        (
            {"kafka_user": "kernhub", "kafka_password": _SECRET, "kafka_password_file": Path("/dev/null")},
            ["niet allebei"],
        ),
        ({"kafka_ca_file": Path("ca.pem")}, ["zet KERNHUB_KAFKA_TLS op 'true'"]),
        ({"kafka_tls": True, "kafka_ca_file": Path("/er/niet")}, ["KERNHUB_KAFKA_CA_FILE", "dat is er niet"]),
        ({"kafka_tls": True, "kafka_ca_file": Path(__file__)}, ["geen certificaat (PEM)"]),
        (
            {"kafka_user": "kernhub", "kafka_tls": True, "kafka_ca_file": Path("/er/niet")},
            ["KERNHUB_KAFKA_USER samen met", "KERNHUB_KAFKA_CA_FILE"],
        ),
    ],
)
def test_what_is_wrong_is_told_all_at_once(chosen: dict[str, Any], told: list[str]) -> None:
    with pytest.raises(NotConfigured) as refused:
        access(_settings(**chosen))
    assert [part for part in told if part not in str(refused.value)] == []


def test_no_password_is_shown() -> None:
    assert "geheim" not in repr(_settings(kafka_user="kernhub", kafka_password=_SECRET))
    assert "geheim" not in str(access(_settings(kafka_user="kernhub", kafka_password=_SECRET)))
