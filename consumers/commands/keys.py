"""Keys for programs: API tokens, and clients that get access tokens."""

import difflib
import json
import sys
from collections.abc import Collection
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from joserfc.errors import JoseError
from joserfc.jwk import KeySet
from sqlalchemy.ext.asyncio import AsyncEngine

from consumers.say import tell, warn
from hub.errors import HubError, why
from hub.identity.signing import write_keys
from hub.register.kinds import HUB
from hub.register.model import Register
from hub.rules.scopes import Scope, in_order, possible_scopes, usual_scopes
from hub.settings import Settings
from hub.store.access import clients, tokens
from hub.store.clock import clock_of
from hub.store.database import opened, transaction
from hub.store.register.registers import Registers


class UnknownParty(HubError):
    """The register has no party of this name."""


class NotForThisParty(HubError):
    """A program of this party can't be allowed that. The message says what it can."""


class UnknownKey(HubError):
    """There is no such key. The message says how to list those that there are."""


async def make_token(
    settings: Settings,
    party: str,
    *,
    scopes: Collection[Scope] = (),
    days: int = 365,
    name: str = "",
    revoke: bool = False,
) -> int:
    """Prints a new token, and nothing else, to standard output. Raises UnknownParty, NotForThisParty or
    Unavailable."""
    now = datetime.now(UTC)
    until = now + timedelta(days=days)
    async with opened(settings) as pool:
        register = await _register_with(settings, pool, party)
        chosen = _chosen(party, scopes)
        async with transaction(pool) as connection:
            if revoke:
                warn(f"Ingetrokken: {await tokens.revoke_tokens(connection, party, now)} eerdere sleutel(s).")
            made = await tokens.new_token(connection, party, now, scopes=chosen, name=name, expires_at=until)
    if Scope.ADMINISTER in chosen:
        warn("Let op: dit is een sleutel van de beheerder. Wie hem heeft, mag het hele register vervangen.")
    warn(f"Sleutel voor {register.parties[party].name}, tot {until:%d-%m-%Y}; mag: {_named(chosen)}.")
    warn("Bewaar hem goed: hij is niet nog eens te zien.")
    sys.stdout.write(f"{made}\n")
    return 0


async def list_tokens(settings: Settings, party: str | None) -> int:
    """Tells of every token, never the token itself. Raises Unavailable."""
    async with opened(settings) as pool, transaction(pool) as connection:
        found = await tokens.list_tokens(connection, party)
    for one in found:
        tell(f"{one.party} {one.number}{_called(one.name)}: mag {_named(one.scopes)}; {_times(one)}")
    if not found:
        tell("Er zijn geen sleutels.")
    return 0


async def revoke_token(settings: Settings, party: str, number: int | None) -> int:
    """Ends a token of a party, or all without a number. Raises UnknownKey or Unavailable."""
    async with opened(settings) as pool, transaction(pool) as connection:
        gone = await tokens.revoke_tokens(connection, party, datetime.now(UTC), number=number)
    if not gone:
        raise UnknownKey(f"'{party}' heeft die sleutel niet. 'kernhub token list' noemt ze alle.")
    tell(f"Ingetrokken: {gone}. Dat geldt nu al.")
    return 0


async def make_client(
    settings: Settings,
    party: str,
    *,
    scopes: Collection[Scope],
    days: int,
    name: str,
    public_keys: Path | None,
) -> int:
    """Prints the id of a new client and its secret, as JSON, to standard output; no secret when it signs with
    a key of its own. Raises UnknownParty, NotForThisParty, UnknownKey or Unavailable."""
    now = datetime.now(UTC)
    until = now + timedelta(days=days)
    signing = _public_keys(public_keys) if public_keys else None
    async with opened(settings) as pool:
        register = await _register_with(settings, pool, party)
        chosen = _chosen(party, scopes)
        async with transaction(pool) as connection:
            client_id = await clients.new_client(
                connection, party, now, scopes=chosen, name=name, expires_at=until, public_keys=signing
            )
            shown = {"client_id": client_id}
            if signing is None:
                shown["client_secret"] = await clients.new_secret(connection, client_id, now)
    warn(f"Programma van {register.parties[party].name}, tot {until:%d-%m-%Y}; mag: {_named(chosen)}.")
    if signing is None:
        warn("Bewaar het geheim goed: het is niet nog eens te zien.")
    sys.stdout.write(f"{json.dumps(shown)}\n")
    return 0


async def list_clients(settings: Settings, party: str | None) -> int:
    """Tells of every client, never its secrets. Raises Unavailable."""
    async with opened(settings) as pool, transaction(pool) as connection:
        found = await clients.list_clients(connection, party)
    for one in found:
        known_by = "een eigen sleutel" if one.public_keys else f"geheim {', '.join(map(str, one.secrets))}"
        tell(f"{one.client_id}{_called(one.name)}: {known_by}; mag {_named(one.scopes)}; {_times(one)}")
    if not found:
        tell("Er zijn geen programma's.")
    return 0


async def make_secret(settings: Settings, client_id: str) -> int:
    """Prints a second secret of a client, beside the one in use. Raises UnknownKey, TooManySecrets or
    Unavailable."""
    async with opened(settings) as pool, transaction(pool) as connection:
        client = await clients.find_client(connection, client_id)
        if client is None or client.public_keys is not None:
            raise UnknownKey(f"'{client_id}' is er niet, of heeft geen geheim: kernhub client list.")
        secret = await clients.new_secret(connection, client_id, datetime.now(UTC))
    warn("Het eerdere geheim geldt ook nog. Trek dat in als het programma het nieuwe gebruikt.")
    sys.stdout.write(f"{secret}\n")
    return 0


async def revoke_client(settings: Settings, client_id: str, secret: int | None) -> int:
    """Ends a client and its access tokens, or one of its secrets. Raises UnknownKey or Unavailable."""
    now = datetime.now(UTC)
    async with opened(settings) as pool, transaction(pool) as connection:
        gone = (
            await clients.revoke_client(connection, client_id, now)
            if secret is None
            else await clients.revoke_secret(connection, client_id, secret, now)
        )
    if not gone:
        raise UnknownKey(f"'{client_id}' is er niet, of heeft dat geheim niet: kernhub client list.")
    tell("Ingetrokken. Dat geldt nu al." if secret is None else "Dat geheim is ingetrokken.")
    return 0


def make_signing_keys(path: Path) -> int:
    """Puts a new key in the file with which the hub signs. Raises NotConfigured or UnknownKey."""
    try:
        count = write_keys(path)
    except OSError as error:
        raise UnknownKey(f"'{path}' is niet te schrijven: {why(error)}.") from None
    tell(f"'{path}' heeft nu {count} sleutel(s). Elke webserver die het leest, gebruikt de nieuwe meteen.")
    return 0


async def _register_with(settings: Settings, pool: AsyncEngine, party: str) -> Register:
    register = await Registers(pool, clock_of(settings, pool)).newest()
    if party not in register.parties:
        raise UnknownParty(f"'{party}' is geen partij in het register.{_alike(party, register)}")
    return register


def _chosen(party: str, scopes: Collection[Scope]) -> frozenset[Scope]:
    if wrong := frozenset(scopes) - possible_scopes(party):
        instead = "de beheerder van de hub" if party == HUB else f"'{party}'"
        raise NotForThisParty(
            f"Een sleutel van {instead} kan dit niet mogen: {_named(wrong)}. "
            f"Wel: {_named(possible_scopes(party))}."
        )
    return frozenset(scopes) or usual_scopes(party)


def _public_keys(path: Path) -> dict[str, Any]:
    try:
        found = json.loads(path.read_bytes())
        keys = KeySet.import_key_set(found if "keys" in found else {"keys": [found]})
        if any(key.key_type == "oct" for key in keys):
            raise ValueError
        return dict(keys.as_dict(private=False))
    except OSError as error:
        raise UnknownKey(f"'{path}' is niet te lezen: {why(error)}.") from None
    except (ValueError, TypeError, KeyError, JoseError):
        raise UnknownKey(f"In '{path}' staat geen openbare sleutel (JWK of JWK Set).") from None


def _named(scopes: Collection[Scope]) -> str:
    return ", ".join(in_order(scopes))


def _called(name: str) -> str:
    return f" ({name})" if name else ""


def _times(one: tokens.Token | clients.Client) -> str:
    until = f"tot {one.expires_at:%d-%m-%Y}" if one.expires_at else "zonder einde"
    used = f"laatst gebruikt {one.used_at:%d-%m-%Y}" if one.used_at else "nog niet gebruikt"
    return f"{until}; {used}"


def _alike(party: str, register: Register) -> str:
    names = {slug: slug for slug in register.parties} | {
        one.name.casefold(): slug for slug, one in register.parties.items()
    }
    found = difflib.get_close_matches(party.casefold(), names, n=3)
    return f" Bedoelt u {' of '.join(dict.fromkeys(names[name] for name in found))}?" if found else ""
