import mailbox
from pathlib import Path

import pytest

from consumers.local import maildir

MAIL = b"From: hub@kernhub.example\r\nMessage-ID: <1@kernhub.example>\r\nSubject: Gas\r\n\r\nDag.\r\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    maildir.make(tmp_path / "mail")
    return tmp_path / "mail"


def test_a_mail_is_kept_once_for_each_recipient(folder: Path) -> None:
    assert maildir.keep(folder, MAIL, "hub@kernhub.example", "gas@kernhub.example")
    assert not maildir.keep(folder, MAIL, "hub@kernhub.example", "Gas@kernhub.example")
    assert maildir.keep(folder, MAIL, "hub@kernhub.example", "olie@kernhub.example")
    kept = mailbox.Maildir(folder)
    assert sorted(mail["X-Original-To"] for mail in kept) == ["gas@kernhub.example", "olie@kernhub.example"]
    assert not list((folder / "tmp").iterdir())


def test_a_mail_that_was_read_is_not_kept_again(folder: Path) -> None:
    maildir.keep(folder, MAIL, "", "gas@kernhub.example")
    (seen,) = (folder / "new").iterdir()
    seen.rename(folder / "cur" / f"{seen.name}:2,S")
    assert not maildir.keep(folder, MAIL, "", "gas@kernhub.example")


def test_mail_without_an_identity_is_always_kept(folder: Path) -> None:
    mail = b"Subject: Gas\r\n\r\nDag.\r\n"
    assert maildir.keep(folder, mail, "", "gas@kernhub.example")
    assert maildir.keep(folder, mail, "", "gas@kernhub.example")


def test_lines_end_as_in_any_maildir(folder: Path) -> None:
    maildir.keep(folder, MAIL, "hub@kernhub.example", "gas@kernhub.example")
    (file,) = (folder / "new").iterdir()
    assert b"\r" not in file.read_bytes()
    assert file.read_bytes().startswith(b"Return-Path: <hub@kernhub.example>\n")
