"""Parties on Kafka, as the administrator lets them in and out."""

import json
import re
import sys
from collections.abc import Collection
from typing import Any

from consumers.commands.keys import NotForThisParty, UnknownKey
from consumers.commands.outlets import opened_hub
from consumers.say import tell, warn
from hub.errors import NotConfigured
from hub.kafka.access import MECHANISM
from hub.kafka.broker import delivery_topic, ensure_topics, intake_topic, party_group, refused_topic
from hub.kafka.users import KafkaUsers, User
from hub.register.kinds import HUB
from hub.rules.scopes import SAYING, Scope, in_order
from hub.settings import Settings
from hub.store.access import kafka_accounts

_IN_A_TOPIC = re.compile(r"[a-z0-9-]{1,100}")


async def open_kafka(settings: Settings, party: str, scopes: Collection[Scope]) -> int:
    """Prints what a new user of the party needs, as JSON, to standard output. Raises UnknownParty,
    NotForThisParty, NotConfigured or Unavailable."""
    if settings.kafka_party_servers is None:
        raise NotConfigured("Waar bereiken partijen Kafka? Zet KERNHUB_KAFKA_PARTY_SERVERS.")
    if party == HUB or not _IN_A_TOPIC.fullmatch(party):
        raise NotForThisParty(f"'{party}' kan geen eigen topic hebben.")
    if wrong := frozenset(scopes) - SAYING:
        raise NotForThisParty(
            f"Op Kafka kan een partij dit niet mogen: {_named(wrong)}. Wel: {_named(SAYING)}."
        )
    chosen = frozenset(scopes) or SAYING
    users = KafkaUsers(settings)
    async with opened_hub(settings, party) as hub:
        # One partition: what a party sends stays in order, whatever keys its program gives.
        own = settings.model_copy(update={"topic_partitions": 1})
        await ensure_topics(own, [intake_topic(settings, party), refused_topic(settings, party)])
        user = await users.make(party)
        await kafka_accounts.open_account(hub.connection, party, user.name, chosen, hub.now)
    warn(f"{party} mag op Kafka: {_named(chosen)}. Bewaar het wachtwoord goed: het is niet nog eens te zien.")
    sys.stdout.write(f"{json.dumps(_told(settings, party, user), indent=2)}\n")
    return 0


async def list_kafka(settings: Settings) -> int:
    """Tells which parties are on Kafka. Raises Unavailable."""
    async with opened_hub(settings) as hub:
        accounts = await kafka_accounts.list_accounts(hub.connection)
    users = await KafkaUsers(settings).by_party(accounts)
    for party, scopes in accounts.items():
        tell(f"{party}: {intake_topic(settings, party)}; mag {_named(scopes)}")
        for name in users[party]:
            tell(f"  {name}")
    if not accounts:
        tell("Er zijn geen partijen op Kafka.")
    return 0


async def close_kafka(settings: Settings, party: str, user: str | None) -> int:
    """Ends a user of a party, or all without a name. Raises UnknownKey or Unavailable."""
    users = KafkaUsers(settings)
    known = await users.of_party(party)
    chosen = known if user is None else [name for name in known if name == user]
    left = [name for name in known if name not in chosen]
    # First of all they can do nothing more. They keep their names until that is recorded: who is interrupted
    # does this again, and none ends without its record.
    for name in chosen:
        await users.stop(name)
    async with opened_hub(settings) as hub:
        was_open = not left and await kafka_accounts.close_account(hub.connection, party)
        closed: list[str | None] = [*chosen] or [None] * was_open
        for one in closed:
            await kafka_accounts.note_closed(hub.connection, party, one, hub.now)
    for name in chosen:
        await users.forget(name)
    if not (chosen or was_open):
        raise UnknownKey(f"'{party}' heeft die gebruiker niet. 'kernhub party kafka list' noemt ze alle.")
    tell(f"Afgesloten: {len(chosen)}. Dat geldt nu al.")
    return 0


def _told(settings: Settings, party: str, user: User) -> dict[str, Any]:
    return {
        "servers": settings.kafka_party_servers,
        "mechanism": MECHANISM,
        "username": user.name,
        "password": user.password,
        "write": intake_topic(settings, party),
        "read": [delivery_topic(settings, party), refused_topic(settings, party)],
        "group": f"{party_group(settings, party)}1",
    }


def _named(scopes: Collection[Scope]) -> str:
    return ", ".join(in_order(scopes))
