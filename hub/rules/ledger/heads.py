"""Tree heads and what else the hub signs: each a text of a form of its own (c2sp.org/tlog-checkpoint)."""

from base64 import b64decode, b64encode
from collections.abc import Iterable
from datetime import UTC, datetime
from functools import lru_cache
from typing import NamedTuple
from uuid import UUID

from hub.rules.ledger.notes import NoteWrong, Signer, Verifier, opened, signed

_AT = "at "


class TreeHead(NamedTuple):
    """The ledger at one moment: `size` records under `root`."""

    origin: str
    size: int
    root: bytes
    at: datetime

    def text(self) -> str:
        """As it is signed."""
        return f"{self.origin}\n{self.size}\n{b64encode(self.root).decode()}\n{_AT}{written(self.at)}\n"


class Receipt(NamedTuple):
    """The hub's promise that a record about an event comes in the ledger `origin`, or is in it."""

    origin: str
    leaf: bytes
    event_key: UUID
    at: datetime

    def text(self) -> str:
        """As it is signed."""
        leaf = b64encode(self.leaf).decode()
        return f"{self.origin}/receipt\n{leaf}\n{self.event_key}\n{_AT}{written(self.at)}\n"


@lru_cache(maxsize=64)
def written(moment: datetime) -> str:
    """A moment as records write it: RFC 3339 in UTC."""
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def signed_head(size: int, root: bytes, at: datetime, signer: Signer) -> str:
    """A tree head as a signed note."""
    return signed(TreeHead(signer.name, size, root, at).text(), signer)


def head_in(note: str, keys: Iterable[Verifier]) -> tuple[TreeHead, Verifier]:
    """The tree head in a note, and which of these keys signed it. Raises NoteWrong."""
    text, (key, *_) = opened(note, keys)
    head = head_of(text)
    if head.origin != key.name:
        raise NoteWrong("de boomkop is van een ander grootboek")
    return head, key


def head_of(text: str) -> TreeHead:
    """The tree head in the text of a note, signed or not. Raises NoteWrong."""
    try:
        origin, size, root, at = text.removesuffix("\n").split("\n")
        head = TreeHead(origin, int(size), b64decode(root, validate=True), _moment(at))
    except ValueError:
        raise NoteWrong("dit is geen boomkop") from None
    if head.text() != text or len(head.root) != 32:
        raise NoteWrong("dit is geen boomkop")
    return head


def receipt_in(note: str, keys: Iterable[Verifier]) -> Receipt:
    """The receipt in a note. Raises NoteWrong."""
    text, (key, *_) = opened(note, keys)
    try:
        first, leaf, event_key, at = text.removesuffix("\n").split("\n")
        receipt = Receipt(
            first.removesuffix("/receipt"), b64decode(leaf, validate=True), UUID(event_key), _moment(at)
        )
    except ValueError:
        raise NoteWrong("dit is geen ontvangstbewijs") from None
    if receipt.text() != text or receipt.origin != key.name:
        raise NoteWrong("dit is geen ontvangstbewijs van dit grootboek")
    return receipt


def _moment(line: str) -> datetime:
    if not line.startswith(_AT):
        raise ValueError(line)
    return datetime.fromisoformat(line.removeprefix(_AT))
