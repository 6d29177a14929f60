"""The head that a sequencer signed last, in a file beside its key. Who goes around the database does not
reach it: an older ledger that is put back is found out, also after a restart."""

import os
from pathlib import Path

from hub.errors import NotConfigured, why
from hub.rules.ledger.heads import TreeHead, head_of
from hub.rules.ledger.notes import NoteWrong
from hub.settings import Settings


def head_path(settings: Settings) -> Path | None:
    """Where that head is kept. None: the key stands in no file, and nothing is kept."""
    path = settings.ledger_key_file
    if settings.ledger_key is not None or path is None:
        return None
    return path.with_name(f"{path.name}.head")


def kept_head(path: Path | None) -> TreeHead | None:
    """The head in the file; None before the first. Its signature is not looked at: who can write here has the
    key. Raises NotConfigured."""
    if path is None:
        return None
    try:
        note = path.read_text()
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError) as error:
        reason = why(error) if isinstance(error, OSError) else "het is geen tekst"
        raise NotConfigured(f"De laatste boomkop ({path}) is niet te lezen: {reason}.") from error
    try:
        return head_of(note.rpartition("\n\n")[0] + "\n")
    except NoteWrong as error:
        raise NotConfigured(
            f"{path} is geschonden: {error}. Reken het grootboek na met 'kernhub ledger verify' en met een "
            "boomkop die een ander heeft; verwijder het bestand als het klopt."
        ) from None


def keep_head(path: Path, note: str) -> None:
    """Keeps this head in the place of the one before: whole, or not at all. Raises OSError."""
    fresh = path.with_name(f"{path.name}.{os.getpid()}")
    with fresh.open("w") as output:
        output.write(note)
        output.flush()
        os.fsync(output.fileno())
    fresh.replace(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
