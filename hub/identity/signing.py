"""Access tokens: what the hub signs, and how it reads what it or another issuer signed."""

import json
import os
from collections.abc import Callable, Collection, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple
from uuid import uuid4

from joserfc import jwt
from joserfc.errors import ExpiredTokenError, JoseError
from joserfc.jwk import ECKey, KeySet

from hub.errors import HubError, NotConfigured
from hub.rules.scopes import Scope, in_order

LIFETIME = timedelta(minutes=10)
_OWN_ALGORITHM = "ES256"
ALGORITHMS = (
    "ES256",
    "ES384",
    "ES512",
    "RS256",
    "RS384",
    "RS512",
    "PS256",
    "PS384",
    "PS512",
    "Ed25519",
    "EdDSA",
)
"""Only what is signed with a private key: never `none`, and never a secret that is shared."""
_MOST_CHARACTERS = 8192
LEEWAY_SECONDS = 5
_SECRET = "client_secret_number"  # noqa: S105 - the name of a claim


class TokenRefused(HubError):
    """A signed token does not hold. The message says why, in Dutch, without anything that was in it."""


class Grant(NamedTuple):
    """What an access token of the hub says."""

    client_id: str
    scopes: frozenset[Scope]
    secret: int | None
    """The number of the secret that it was gotten with; None: the client signed."""


class Issuer:
    """The hub as issuer of access tokens; `url` names it, and is also whom they are for. The first key
    signs, each reads: so keys rotate. `changed`: the keys, when others came since it was asked last."""

    def __init__(self, url: str, keys: KeySet, changed: Callable[[], KeySet | None] = lambda: None):
        self.url = url
        self._keys = keys
        self._changed = changed

    def issue(
        self, client_id: str, scopes: Collection[Scope], now: datetime, secret: int | None = None
    ) -> str:
        """An access token (RFC 9068) for LIFETIME; `secret` is the number of the one that was shown."""
        self._renew()
        signing = self._keys.keys[0]
        start = int(now.timestamp())
        claims = {
            "iss": self.url,
            "aud": self.url,
            "sub": client_id,
            "client_id": client_id,
            "scope": " ".join(in_order(scopes)),
            "iat": start,
            "exp": start + int(LIFETIME.total_seconds()),
            "jti": str(uuid4()),
        }
        if secret is not None:
            claims[_SECRET] = secret
        header = {"alg": _OWN_ALGORITHM, "kid": signing.kid, "typ": "at+jwt"}
        return jwt.encode(header, claims, signing, algorithms=[_OWN_ALGORITHM])

    def read(self, token: str, now: datetime) -> Grant:
        """What the token grants. Raises TokenRefused."""
        try:
            claims = self._claims(token, now)
        except TokenRefused:
            if not self._renew():
                raise
            claims = self._claims(token, now)  # another web server has the new key already
        client_id = claims.get("client_id")
        if not isinstance(client_id, str):
            raise TokenRefused("Dit is geen toegangsbewijs van deze hub.")
        secret = claims.get(_SECRET)
        return Grant(client_id, scopes_in(claims), secret if isinstance(secret, int) else None)

    def public_keys(self) -> Mapping[str, Any]:
        """The JWK Set with which others check what the hub signs."""
        self._renew()
        return dict(self._keys.as_dict(private=False))

    def _claims(self, token: str, now: datetime) -> Mapping[str, Any]:
        return read_claims(token, self._keys, now, [_OWN_ALGORITHM], iss=self.url, aud=self.url)

    def _renew(self) -> bool:
        keys = self._changed()
        self._keys = keys or self._keys
        return keys is not None


def read_claims(
    token: str, keys: KeySet, now: datetime, algorithms: Collection[str], *, iss: str, aud: str | list[str]
) -> Mapping[str, Any]:
    """The claims of a signed token that holds now. Raises TokenRefused."""
    if len(token) > _MOST_CHARACTERS:
        raise TokenRefused("Dit toegangsbewijs is te lang.")
    wanted: dict[str, Any] = {
        "iss": {"essential": True, "value": iss},
        "aud": {"essential": True, **({"values": aud} if isinstance(aud, list) else {"value": aud})},
        "exp": {"essential": True},
    }
    try:
        read = jwt.decode(token, keys, algorithms=list(algorithms))
        registry = jwt.JWTClaimsRegistry(now=int(now.timestamp()), leeway=LEEWAY_SECONDS, **wanted)
        registry.validate(read.claims)
    except ExpiredTokenError:
        raise TokenRefused("Dit toegangsbewijs is verlopen: vraag een nieuw.") from None
    except (JoseError, ValueError, TypeError, RecursionError, OverflowError):
        # What it says of itself is not repeated: who made it up learns nothing.
        raise TokenRefused("Dit toegangsbewijs klopt niet, of is niet voor deze hub.") from None
    return read.claims


def scopes_in(claims: Mapping[str, Any]) -> frozenset[Scope]:
    """The scopes that a token names and the hub knows."""
    said = claims.get("scope")
    words = said.split() if isinstance(said, str) else ()
    return frozenset(Scope(word) for word in words if word in set(Scope))


def read_keys(path: Path) -> KeySet:
    """The private keys in a file with a JWK Set. Raises NotConfigured."""
    try:
        keys = KeySet.import_key_set(json.loads(path.read_bytes()))
        good = all(isinstance(key, ECKey) and key.is_private and key.curve_name == "P-256" for key in keys)
    except (OSError, ValueError, KeyError, TypeError, JoseError):
        good = False
    if not good:
        raise NotConfigured(
            f"In '{path}' staan geen sleutels om mee te ondertekenen. Maak ze met 'kernhub client keys', of "
            "zet KERNHUB_SIGNING_KEYS naar een bestand waar ze staan."
        )
    return keys


def issuer_by(path: Path, url: str) -> Issuer:
    """The hub as issuer, with the keys in a file; others are read when the file changes. Raises
    NotConfigured."""
    seen = _mark_of(path)

    def changed() -> KeySet | None:
        nonlocal seen
        mark = _mark_of(path)
        if mark is None or mark == seen:
            return None
        try:
            keys = read_keys(path)
        except NotConfigured:
            return None  # it is being written, or was spoilt: the keys of before go on
        seen = mark
        return keys

    return Issuer(url, read_keys(path), changed)


def _mark_of(path: Path) -> tuple[int, int, int] | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_ino, found.st_mtime_ns, found.st_size


def write_keys(path: Path) -> int:
    """Puts a new key before those in the file, which keep the newest of before; how many it has then."""
    older = read_keys(path).keys[:1] if path.exists() else []
    key = ECKey.generate_key("P-256", parameters={"use": "sig", "alg": _OWN_ALGORITHM}, auto_kid=True)
    keys = KeySet([key, *older])
    fresh = path.with_name(f"{path.name}.new")
    fresh.unlink(missing_ok=True)
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as output:
        json.dump(keys.as_dict(private=True), output)
    fresh.replace(path)
    return len(keys.keys)
