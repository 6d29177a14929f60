"""What someone holds of the ledger: a tree head or a receipt, in a file, a saved mail or an export."""

import json
from email import message_from_bytes
from email.policy import default
from pathlib import Path

from connectors.mailbox.evidence import HEADER, note_in_header
from hub.errors import HubError, why
from hub.rules.ledger.heads import TreeHead, head_of
from hub.rules.ledger.notes import NoteWrong


class NoEvidence(HubError):
    """A file that holds nothing of the ledger. The message says what would."""


def note_in(path: Path) -> str:
    """The signed note that a file holds. Raises NoEvidence."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise NoEvidence(f"{path} is niet te lezen: {why(error)}.") from error
    first = content.partition(b"\n")[0]
    if first.startswith(b"{"):
        try:
            said = json.loads(first)
        except ValueError:
            said = None
        for name in ("receipt", "head"):
            if isinstance(said, dict) and isinstance(said.get(name), str):
                return str(said[name])
    if header := message_from_bytes(content, policy=default).get(HEADER):
        return note_in_header(str(header))
    text = content.decode(errors="replace").replace("\r\n", "\n")
    if "\n\n\u2014 " in text:
        return text
    raise NoEvidence(
        f"In {path} staat geen boomkop. Geef een mail van de hub zoals die is opgeslagen (.eml), een "
        "boomkop, een ontvangstbewijs of een uittreksel."
    )


def head_in_file(path: Path) -> TreeHead:
    """The tree head that a file holds, as the caller trusts it. Raises NoEvidence."""
    text, _, _ = note_in(path).rpartition("\n\n")
    try:
        return head_of(text + "\n")
    except NoteWrong as error:
        raise NoEvidence(f"{path}: {error}.") from None
