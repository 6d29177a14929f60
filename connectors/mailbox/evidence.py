"""The tree head of the ledger in a mail: who keeps the mail holds evidence of all that came before it."""

from base64 import b64decode, b64encode
from email.message import EmailMessage

from hub.words.language import said

HEADER = "Kernhub-Tree-Head"
_WIDTH = 60


def put_head(mail: EmailMessage, note: str) -> None:
    """Puts a signed tree head in a header, in words short enough to fold."""
    encoded = b64encode(note.encode()).decode()
    mail[HEADER] = " ".join(encoded[i : i + _WIDTH] for i in range(0, len(encoded), _WIDTH))


def note_in_header(header: str) -> str:
    """The signed tree head in a header; an empty text when it holds none."""
    try:
        return b64decode("".join(header.split()), validate=True).decode()
    except ValueError:
        return ""


def head_line(size: int, root: bytes) -> str:
    """The tree head as the line for the footer of a mail."""
    return said("Grootboek: {size} regels, {root}", size=size, root=b64encode(root).decode())
