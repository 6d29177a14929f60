"""Keeps mail in a Maildir, one file for each mail and recipient, also if it comes twice."""

import email.parser
import email.policy
import hashlib
import os
import secrets
import socket
import time
from pathlib import Path


def make(maildir: Path) -> None:
    for part in ("tmp", "new", "cur"):
        (maildir / part).mkdir(parents=True, exist_ok=True)


def keep(maildir: Path, mail: bytes, sender: str, recipient: str) -> bool:
    """Store a mail for one recipient, safe on disk on return. False if a mail with the same Message-ID
    for this recipient is there already; a mail without Message-ID is always kept."""
    body = mail.replace(b"\r\n", b"\n")
    name = _name(body, recipient)
    # A mail reader moves what it has seen to cur/ and puts flags behind the name.
    if any((maildir / "cur").glob(f"{name}*")):
        return False
    head = f"Return-Path: <{sender}>\nX-Original-To: {recipient}\n".encode()
    fresh = maildir / "tmp" / f"{os.getpid()}-{secrets.token_hex(8)}"
    try:
        with fresh.open("xb") as output:
            output.write(head + body)
            output.flush()
            os.fsync(output.fileno())
        os.link(fresh, maildir / "new" / name)
    except FileExistsError:
        return False
    finally:
        fresh.unlink(missing_ok=True)
    _sync(maildir / "new")
    return True


def _name(mail: bytes, recipient: str) -> str:
    headers = email.parser.BytesHeaderParser(policy=email.policy.compat32).parsebytes(mail)
    message_id = str(headers.get("Message-ID", "")).strip()
    if not message_id:
        host = socket.gethostname().replace("/", "_").replace(":", "_")
        return f"{time.time_ns()}.{secrets.token_hex(8)}.{host}"
    both = f"{message_id}\0{recipient.lower()}".encode(errors="surrogateescape")
    return f"{hashlib.sha256(both).hexdigest()[:40]}.kernhub"


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
