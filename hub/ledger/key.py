"""The key that signs for the ledger: in the environment, or in a file that who first needs it makes."""

import os
import secrets
from pathlib import Path
from urllib.parse import urlsplit

from hub.errors import NotConfigured, why
from hub.rules.ledger.notes import NoteWrong, Signer, Verifier
from hub.settings import Settings


def signer_of(settings: Settings) -> Signer:
    """The key that these settings name. A file that is not there is made: a ledger that knows another key
    refuses it. Raises NotConfigured."""
    if settings.ledger_key is not None:
        return _read(settings.ledger_key.get_secret_value(), "KERNHUB_LEDGER_KEY")
    path = settings.ledger_key_file
    if path is None:
        raise NotConfigured(
            "Geen sleutel voor het grootboek ingesteld: zet KERNHUB_LEDGER_KEY_FILE of gebruik 'kernhub up'."
        )
    try:
        if not path.exists():
            make_key(path, f"{urlsplit(settings.public_url).netloc}/ledger")
        return _read(path.read_text(), str(path))
    except OSError as error:
        raise NotConfigured(
            f"De sleutel van het grootboek ({path}) is niet te lezen of te maken: {why(error)}."
        ) from error


def public_key(settings: Settings, given: str | None) -> Verifier:
    """What signatures are compared with: a public key, in words or in a file, and else the configured key.
    Makes none. Raises NotConfigured."""
    path = settings.ledger_key_file
    if given is None and settings.ledger_key is None and (path is None or not path.exists()):
        raise NotConfigured("Geef met --key de publieke sleutel van het grootboek: er is er geen ingesteld.")
    if given is None:
        return signer_of(settings).verifier
    try:
        return Verifier.read(given.strip() if "+" in given else Path(given).read_text().strip())
    except OSError as error:
        raise NotConfigured(f"{given} is niet te lezen: {why(error)}.") from error
    except NoteWrong as error:
        raise NotConfigured(f"{given} is geen publieke sleutel: {error}.") from None


def key_in(path: Path) -> Signer:
    """The key in a file. Raises NotConfigured."""
    try:
        return _read(path.read_text(), str(path))
    except OSError as error:
        raise NotConfigured(f"{path} is niet te lezen: {why(error)}.") from error


def make_key(path: Path, name: str) -> None:
    """Makes a key that only this user can read, unless the file is there. Raises OSError."""
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as output:
        output.write(f"{Signer.made(name).written()}\n")
    try:
        # Whole or not at all, and never over another: several workers may come at the same time.
        os.link(fresh, path)
    except FileExistsError:
        pass
    finally:
        fresh.unlink()


def _read(written: str, where: str) -> Signer:
    try:
        return Signer.read(written.strip())
    except NoteWrong as error:
        raise NotConfigured(f"{where} is niet te gebruiken: {error}.") from None
