"""Who a party is on Kafka: a user with a password (SCRAM), and what that user may do. Kafka keeps both."""

import asyncio
import secrets
from collections.abc import Iterable, Mapping
from concurrent.futures import Future
from typing import Any, NamedTuple

from confluent_kafka import KafkaException
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
    UserScramCredentialDeletion,
    UserScramCredentialUpsertion,
)

from hub.errors import KafkaUnavailable
from hub.kafka.access import for_librdkafka
from hub.kafka.broker import delivery_topic, intake_topic, party_group, refused_topic
from hub.settings import Settings

_SCRAM = ScramMechanism.SCRAM_SHA_512
_ITERATIONS = 4096
"""More protects a short password; this one is long and random."""
_SECONDS = 30.0
"""For one step; on a slow disk Kafka takes long to keep a user."""
_BETWEEN_LOOKS = 0.02


class User(NamedTuple):
    """A new user; its password is kept nowhere."""

    name: str
    password: str


class KafkaUsers:
    """Makes and ends the users of parties. Every method raises KafkaUnavailable."""

    def __init__(self, settings: Settings):
        self._settings = settings
        self._admin = AdminClient(
            {
                **for_librdkafka(settings),
                "log_level": 0,
                "socket.timeout.ms": int(_SECONDS * 1000),
            }
        )

    async def make(self, party: str) -> User:
        """A user that may write the party's intake topic, and read what the hub writes to it."""
        # Never the name of an earlier one: who is still connected under that would be let in again.
        user = User(f"{self._first_part(party)}{secrets.token_hex(4)}", secrets.token_urlsafe(32))
        credential = ScramCredentialInfo(_SCRAM, _ITERATIONS)
        upsert = UserScramCredentialUpsertion(user.name, credential, user.password.encode())
        await self._done(self._admin.alter_user_scram_credentials([upsert]).values())
        allowed = self._allowed(user.name, party)
        await self._done(self._admin.create_acls(allowed).values())
        await self._until_allowed(user.name, len(allowed))
        return user

    async def of_party(self, party: str) -> list[str]:
        """The names of a party's users."""
        return [name for name in await self._names() if name.startswith(self._first_part(party))]

    async def by_party(self, parties: Iterable[str]) -> Mapping[str, list[str]]:
        """The names of the users of each of these parties."""
        names = await self._names()
        return {
            party: [name for name in names if name.startswith(self._first_part(party))] for party in parties
        }

    async def stop(self, name: str) -> None:
        """Lets a user do nothing more, from now on: also on connections that it has. Its name stays."""
        await self._done(self._admin.delete_acls([_everything_of(name)]).values())
        await self._until_allowed(name, 0)

    async def forget(self, name: str) -> None:
        """Ends a user that may do nothing more."""
        if name in await self._names():
            gone = UserScramCredentialDeletion(name, _SCRAM)
            await self._done(self._admin.alter_user_scram_credentials([gone]).values())

    def _first_part(self, party: str) -> str:
        return f"{self._settings.topic_prefix}.{party}."

    def _allowed(self, user: str, party: str) -> list[AclBinding]:
        topic, literal = ResourceType.TOPIC, ResourcePatternType.LITERAL
        return [
            _allow(user, topic, intake_topic(self._settings, party), literal, AclOperation.WRITE),
            _allow(user, topic, delivery_topic(self._settings, party), literal, AclOperation.READ),
            _allow(user, topic, refused_topic(self._settings, party), literal, AclOperation.READ),
            _allow(
                user,
                ResourceType.GROUP,
                party_group(self._settings, party),
                ResourcePatternType.PREFIXED,
                AclOperation.READ,
            ),
        ]

    async def _until_allowed(self, name: str, many: int) -> None:
        """Waits until a broker has heard what the user may do, which is a moment after Kafka kept it. Who a
        user is, it hears before that."""
        try:
            async with asyncio.timeout(_SECONDS):
                while True:
                    (found,) = await self._done([self._admin.describe_acls(_everything_of(name))])
                    if len(found) == many:
                        return
                    await asyncio.sleep(_BETWEEN_LOOKS)
        except TimeoutError as error:
            raise KafkaUnavailable("Kafka doet dit niet: geen antwoord") from error

    async def _names(self) -> list[str]:
        found: Any = self._admin.describe_user_scram_credentials()
        (described,) = await self._done([found])
        return sorted(described)

    async def _done(self, futures: Iterable["Future[Any]"]) -> list[Any]:
        try:
            async with asyncio.timeout(_SECONDS):
                return await asyncio.gather(*map(asyncio.wrap_future, futures))
        except (KafkaException, TimeoutError) as error:
            told = error.args[0].str() if isinstance(error, KafkaException) else "geen antwoord"
            raise KafkaUnavailable(f"Kafka doet dit niet: {told}") from error


def _everything_of(name: str) -> AclBindingFilter:
    whatever: Any = None
    return AclBindingFilter(
        ResourceType.ANY,
        whatever,
        ResourcePatternType.ANY,
        f"User:{name}",
        whatever,
        AclOperation.ANY,
        AclPermissionType.ANY,
    )


def _allow(
    user: str, kind: ResourceType, name: str, pattern: ResourcePatternType, operation: AclOperation
) -> AclBinding:
    return AclBinding(kind, name, pattern, f"User:{user}", "*", operation, AclPermissionType.ALLOW)
