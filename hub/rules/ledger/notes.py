"""Signed notes (c2sp.org/signed-note): a text, and under it a line for each key that signed it with Ed25519.

Keys are written on one line, as Go's `sumdb/note` writes them: a public key as `name+hash+base64`, a private
one as `PRIVATE+KEY+name+hash+base64`."""

import hashlib
from base64 import b64decode, b64encode
from collections.abc import Iterable
from functools import lru_cache
from typing import NamedTuple, Self

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from nacl.signing import SigningKey

_ED25519 = b"\x01"
_PRIVATE = "PRIVATE+KEY+"
_DASH = "\u2014 "
_KEY_BYTES, _HASH_BYTES = 32, 4


class NoteWrong(ValueError):
    """A key or a signed note that is not what it should be. The message says why, in Dutch."""


class Verifier(NamedTuple):
    """A public key with its name."""

    name: str
    public: bytes

    @classmethod
    def read(cls, written: str) -> Self:
        """A key as `str` writes it. Raises NoteWrong."""
        name, _, rest = written.partition("+")
        hashed, _, encoded = rest.partition("+")
        made = cls(_proper(name), _key(encoded))
        if made.hash.hex() != hashed:
            raise NoteWrong("de sleutel is niet heel overgekomen: zijn controlegetal klopt niet")
        return made

    def __str__(self) -> str:
        return f"{self.name}+{self.hash.hex()}+{_base64(_ED25519 + self.public)}"

    @property
    def hash(self) -> bytes:
        """Four bytes that tell the keys of one name apart."""
        named = self.name.encode() + b"\n" + _ED25519 + self.public
        return hashlib.sha256(named).digest()[:_HASH_BYTES]

    def has_signed(self, text: str, signature: bytes) -> bool:
        """Whether this is a signature of this key over the text."""
        try:
            Ed25519PublicKey.from_public_bytes(self.public).verify(signature, text.encode())
        except (InvalidSignature, ValueError):
            return False
        return True


class Signer(NamedTuple):
    """A private key with its name. It shows itself nowhere: only `written` tells it."""

    name: str
    private: SigningKey

    @classmethod
    def made(cls, name: str) -> Self:
        """A new key. Raises NoteWrong for a name that no key can have."""
        return cls(_proper(name), SigningKey.generate())

    @classmethod
    def read(cls, written: str) -> Self:
        """A key as `written` gives it. Raises NoteWrong."""
        if not written.startswith(_PRIVATE):
            raise NoteWrong(f"dit is geen sleutel om mee te ondertekenen: die begint met '{_PRIVATE}'")
        name, _, rest = written.removeprefix(_PRIVATE).partition("+")
        hashed, _, encoded = rest.partition("+")
        made = cls(_proper(name), SigningKey(_key(encoded)))
        if made.verifier.hash.hex() != hashed:
            raise NoteWrong("de sleutel is niet heel overgekomen: zijn controlegetal klopt niet")
        return made

    @property
    def verifier(self) -> Verifier:
        """What others check this key's signatures with."""
        return Verifier(self.name, bytes(self.private.verify_key))

    def written(self) -> str:
        """The key itself, secret."""
        encoded = _base64(_ED25519 + bytes(self.private))
        return f"{_PRIVATE}{self.name}+{self.verifier.hash.hex()}+{encoded}"


@lru_cache(maxsize=16)
def _hash_of(signer: Signer) -> bytes:
    return signer.verifier.hash


def signed(text: str, *signers: Signer) -> str:
    """The note: `text`, which ends with a line end, with a signature of each."""
    lines = [
        f"{_DASH}{one.name} {_base64(_hash_of(one) + one.private.sign(text.encode()).signature)}\n"
        for one in signers
    ]
    return f"{text}\n{''.join(lines)}"


def opened(note: str, keys: Iterable[Verifier]) -> tuple[str, list[Verifier]]:
    """The text of a note, and which of these keys signed it. Raises NoteWrong when none did, or when a
    signature that one of them should have made is false."""
    text, blank, signatures = note.rpartition("\n\n")
    if not blank or not signatures.endswith("\n"):
        raise NoteWrong("dit is geen ondertekende tekst")
    text += "\n"
    known = {(key.name, key.hash): key for key in keys}
    by: list[Verifier] = []
    for line in signatures.splitlines():
        name, _, encoded = line.removeprefix(_DASH).partition(" ")
        signature = _bytes(encoded)
        if not line.startswith(_DASH) or len(signature) <= _HASH_BYTES:
            raise NoteWrong("een regel met een handtekening is geschonden")
        key = known.get((name, signature[:_HASH_BYTES]))
        if key is None:
            continue
        if not key.has_signed(text, signature[_HASH_BYTES:]):
            raise NoteWrong("de handtekening klopt niet")
        by.append(key)
    if not by:
        raise NoteWrong("niet ondertekend met een sleutel die wij kennen")
    return text, by


def _proper(name: str) -> str:
    if not name or "+" in name or not name.isascii() or not name.isprintable() or " " in name:
        raise NoteWrong("de naam van een sleutel is een adres als 'kernhub.example/grootboek'")
    return name


def _key(encoded: str) -> bytes:
    key = _bytes(encoded)
    if len(key) != 1 + _KEY_BYTES or key[:1] != _ED25519:
        raise NoteWrong("dit is geen sleutel voor Ed25519")
    return key[1:]


def _base64(value: bytes) -> str:
    return b64encode(value).decode()


def _bytes(encoded: str) -> bytes:
    try:
        value = b64decode(encoded, validate=True)
    except ValueError:
        return b""
    # One form for each value: padding that says the same in another way is refused.
    return value if _base64(value) == encoded else b""
