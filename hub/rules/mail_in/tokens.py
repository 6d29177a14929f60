"""Addresses that only the hub can make: to which mail is replied to, and to which it bounces."""

import hmac
import re
from base64 import b32decode, b32encode
from collections.abc import Sequence
from enum import StrEnum
from hashlib import sha256
from typing import NamedTuple
from uuid import UUID

SECRET = "mail-in"  # noqa: S105 - the name of the key, not the key
"""The key of the hub that signs these addresses."""
_MAC_BYTES = 10
_CHARACTERS = 42
_PADDING = "=" * (-_CHARACTERS % 8)
_ADDRESS = re.compile(r"([^\s@]{1,64})\+([a-z])([a-z2-7]{42})@([^\s@]{1,255})")


class Purpose(StrEnum):
    """What an address is for: one for a reply is no use for a bounce."""

    REPLY = "r"
    BOUNCE = "b"


class Token(NamedTuple):
    """What an address says; true only when `is_signed` says so for the party of that mail."""

    purpose: Purpose
    mail_key: UUID
    mac: bytes


def address_for(purpose: Purpose, mail_key: UUID, party: str, base: str, key: bytes) -> str:
    """The address for a mail to a party, in lower case: `base` is a plain address with at most 20 characters
    before its '@', so that what stands before it stays within 64 (RFC 5321)."""
    local, _, domain = base.lower().partition("@")
    signed = mail_key.bytes + _mac(purpose, mail_key, party, key)
    return f"{local}+{purpose}{b32encode(signed).decode().rstrip('=').lower()}@{domain}"


def read_address(address: str, base: str) -> Token | None:
    """What an address of the hub says, whatever a mail system made of its capitals; None: it is none."""
    found = _ADDRESS.fullmatch(address.strip().lower())
    if found is None or f"{found[1]}@{found[4]}" != base.lower() or found[2] not in set(Purpose):
        return None
    raw = b32decode(found[3].upper() + _PADDING)
    if b32encode(raw).decode().rstrip("=").lower() != found[3]:
        return None
    return Token(Purpose(found[2]), UUID(bytes=raw[:16]), raw[16:])


def is_signed(token: Token, party: str, keys: Sequence[bytes]) -> bool:
    """Whether the hub made this address for a mail to this party, with one of these keys."""
    good = [hmac.compare_digest(_mac(token.purpose, token.mail_key, party, key), token.mac) for key in keys]
    return any(good)


def _mac(purpose: Purpose, mail_key: UUID, party: str, key: bytes) -> bytes:
    said = f"kernhub mail\n{purpose}\n{mail_key}\n{party}".encode()
    return hmac.digest(key, said, sha256)[:_MAC_BYTES]
