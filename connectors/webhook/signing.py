"""Signatures that the receiver can verify with any library of Standard Webhooks (version 1)."""

import base64
import hashlib
import hmac
from collections.abc import Iterable

_PREFIX = "whsec_"


def signed(name: str, seconds: int, body: bytes, secrets_now: Iterable[str]) -> dict[str, str]:
    """The headers of Standard Webhooks: its name, when it left (Unix time), a signature by each secret."""
    content = f"{name}.{seconds}.".encode() + body
    return {
        "webhook-id": name,
        "webhook-timestamp": str(seconds),
        "webhook-signature": " ".join(f"v1,{_signature(one, content)}" for one in secrets_now),
    }


def _signature(secret: str, content: bytes) -> str:
    key = base64.b64decode(secret.removeprefix(_PREFIX))
    return base64.b64encode(hmac.digest(key, content, hashlib.sha256)).decode()
