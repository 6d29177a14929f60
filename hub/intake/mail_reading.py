"""A mail as bytes, read: who, what text, which files, and whether a machine wrote it. Any bytes give
a result."""

import codecs
import re
from collections.abc import Callable, Iterator
from email import message_from_bytes
from email.header import decode_header, make_header
from email.message import Message
from email.parser import BytesHeaderParser
from email.utils import getaddresses
from enum import StrEnum
from typing import NamedTuple, TypeVar

import html_text

from schemas.terms import is_readable

_MOST_READ = 1024 * 1024
"""Bytes of a mail that are read: what someone wrote stands there, and a larger mail would hold up others."""
_MOST_HEADERS = 256 * 1024
_MOST_SEPARATORS = 10_000
_LONGEST_HEADER = 2000
_MOST_PARTS = 200
_MOST_CHARACTERS = 200_000
_AUTOMATIC_HEADERS = ("x-autoreply", "x-autorespond", "x-auto-reply-from", "list-id")
_ARRIVAL_HEADERS = ("delivered-to", "x-original-to", "envelope-to", "to", "cc")
_AUTOMATIC_SUBJECT = re.compile(
    r"(automatisch(e)? (antwoord|beantwoording)|auto(matic)?[ -]?(reply|response)|automatische antwort|"
    r"réponse automatique|out of (the )?office|afwezig\w{0,20}|abwesen\w{0,20}|"
    r"(message d.)?absen(t|te|ce)( du bureau)?)\b.{0,20}(:|$)",
    re.I,
)
"""As programs begin a subject that say nothing in other headers: in Dutch, English, German and French."""
_NO_ATTACHMENTS = frozenset(
    {"application/pkcs7-signature", "application/x-pkcs7-signature", "application/pgp-signature"}
)
_SLOW_CHARSETS = frozenset({"punycode", "idna"})
_AUTOMATIC_PRECEDENCE = frozenset({"bulk", "junk", "list", "auto_reply"})
_end_of_headers = re.compile(rb"\r?\n\r?\n")
_Read = TypeVar("_Read")


class Sort(StrEnum):
    """Who wrote it: a person, a machine that answers by itself, or a mail server about a mail of ours."""

    PERSON = "person"
    AUTOMATIC = "automatic"
    BOUNCE = "bounce"
    UNREADABLE = "unreadable"


class Attachment(NamedTuple):
    """A file in a mail; `size` in bytes."""

    name: str
    media_type: str
    size: int


class Bounce(NamedTuple):
    """What a mail server says of a mail of ours (RFC 3464): `status` as 5.1.1, `is_final` when it gave up;
    `recipient`: the address that it is about, in lower case, where it says so."""

    is_final: bool
    status: str
    said: str
    recipient: str = ""


class ReadMail(NamedTuple):
    """A mail, read. `text` still has what was quoted; `sender` is empty unless there is exactly one."""

    sort: Sort
    message_id: str
    sender: str
    text: str
    attachments: tuple[Attachment, ...] = ()
    bounces: tuple[Bounce, ...] = ()

    def final_bounce(self, copy_to: str | None) -> Bounce | None:
        """What was given up, of another address than the one that had a copy."""
        copied = copy_to.lower() if copy_to else None
        final = (one for one in self.bounces if one.is_final)
        return next((one for one in final if not copied or one.recipient != copied), None)


_UNREADABLE = ReadMail(Sort.UNREADABLE, "", "", "")


def read_mail(raw: bytes, envelope_sender: str | None) -> ReadMail:
    """The mail; `envelope_sender` as the mail server gave it: '' for a bounce, None when it is not known."""
    return _safe(lambda: _read(raw, envelope_sender), _UNREADABLE)


class Delivered(NamedTuple):
    """What the headers of a mail in a mailbox say of its envelope: every address that it may have come to,
    and its sender, '' for a bounce and None when they don't say."""

    addresses: tuple[str, ...]
    sender: str | None


def delivered(raw: bytes) -> Delivered:
    """To whom a mail in a mailbox came, and from whom."""
    return _safe(lambda: _delivered(raw), Delivered((), None))


def message_id_of(raw: bytes) -> str:
    """The Message-ID of a mail; empty when it has none that can be read."""
    return _safe(lambda: _header(_headers(raw), "message-id"), "")


def _headers(raw: bytes) -> Message:
    return BytesHeaderParser().parsebytes(_end_of_headers.split(raw[:_MOST_HEADERS], maxsplit=1)[0])


def _delivered(raw: bytes) -> Delivered:
    mail = _headers(raw)
    lines = [str(value) for name in _ARRIVAL_HEADERS for value in mail.get_all(name, [])]
    some = [line[:_LONGEST_HEADER] for line in lines[:_MOST_PARTS]]
    found = [address for _, address in getaddresses(some) if "@" in address]
    back = mail.get("return-path")
    sender = None if back is None else str(back).strip().strip("<>").strip()
    return Delivered(tuple(dict.fromkeys(found)), sender)


def _read(raw: bytes, envelope_sender: str | None) -> ReadMail:
    raw = raw[:_MOST_READ]
    if (
        len(_end_of_headers.split(raw, maxsplit=1)[0]) > _MOST_HEADERS
        or raw.count(b"\n--") > _MOST_SEPARATORS
    ):
        return _UNREADABLE
    mail = message_from_bytes(raw)
    parts: list[Message] = []
    for part in mail.walk():
        if len(parts) == _MOST_PARTS:
            return _UNREADABLE
        parts.append(part)
    written = [str(value)[:_LONGEST_HEADER] for value in mail.get_all("from", [])]
    senders = [address for _, address in getaddresses(written) if "@" in address]
    sender = senders[0].lower() if len(senders) == 1 else ""
    if bounces := tuple(_bounces(parts)):
        return ReadMail(Sort.BOUNCE, _header(mail, "message-id"), sender, "", (), bounces)
    automatic = envelope_sender == "" or _is_automatic(mail)
    return ReadMail(
        Sort.AUTOMATIC if automatic else Sort.PERSON,
        _header(mail, "message-id"),
        sender,
        _text(parts)[:_MOST_CHARACTERS],
        tuple(_attachments(parts)),
    )


def _is_automatic(mail: Message) -> bool:
    submitted = _header(mail, "auto-submitted").partition(";")[0].strip().lower()
    return (
        submitted not in ("", "no")
        or _header(mail, "precedence").strip().lower() in _AUTOMATIC_PRECEDENCE
        or any(mail.get(name) is not None for name in _AUTOMATIC_HEADERS)
        or _AUTOMATIC_SUBJECT.match(_subject(mail)) is not None
        or mail.get_content_type() == "multipart/report"
    )


def _bounces(parts: list[Message]) -> Iterator[Bounce]:
    for part in parts:
        if part.get_content_type() == "message/delivery-status":
            # Its first block is about the mail, each one after it about a recipient.
            blocks = [block for block in part.walk() if block is not part]
            for block in blocks[1:]:
                action = _header(block, "action").strip().lower()
                if action in ("failed", "delayed"):
                    status = re.match(r"[245]\.\d{1,3}\.\d{1,3}", _header(block, "status").strip())
                    said = "".join(filter(is_readable, _header(block, "diagnostic-code")[:500]))
                    about = _header(block, "final-recipient").rpartition(";")[2].strip().lower()
                    yield Bounce(action == "failed", status[0] if status else "", said, about)


def text_of_html(html: str) -> str:
    """What a reader sees of it."""
    return _safe(lambda: html_text.extract_text(html), "")


def _text(parts: list[Message]) -> str:
    bodies = [part for part in parts if not part.is_multipart() and not _is_attachment(part)]
    plain = [_decoded(part) for part in bodies if part.get_content_type() == "text/plain"]
    if any(one.strip() for one in plain):
        return "\n".join(plain)
    html = [_decoded(part) for part in bodies if part.get_content_type() == "text/html"]
    return "\n".join(map(text_of_html, html))


def _decoded(part: Message) -> str:
    payload = part.get_payload(decode=True)
    content = payload if isinstance(payload, bytes) else b""
    charset = part.get_content_charset("utf-8")
    text = _safe(lambda: content.decode(_quick(charset), "replace"), content.decode("latin-1"))
    text = "".join(filter(is_readable, text[:_MOST_CHARACTERS].replace("\r\n", "\n")))
    is_flowed = str(part.get_param("format", "")).lower() == "flowed"
    return _unflowed(text, delete=str(part.get_param("delsp", "")).lower() == "yes") if is_flowed else text


def _quick(charset: str) -> str:
    """The charset; of those that mail does not use, some take ever longer for a longer text."""
    name = codecs.lookup(charset).name
    return "latin-1" if name in _SLOW_CHARSETS else name


def _unflowed(text: str, *, delete: bool) -> str:
    """Lines that end in a blank go on in the next (RFC 3676); '-- ' and what is quoted stay alone."""
    found: list[str] = []
    goes_on = False
    for line in text.split("\n"):
        shown = line.removeprefix(" ")
        alone = shown == "-- " or shown.startswith(">")
        if goes_on and not alone:
            found[-1] += shown
        else:
            found.append(shown)
        goes_on = not alone and shown.endswith(" ")
        if goes_on and delete:
            found[-1] = found[-1][:-1]
    return "\n".join(found)


def _attachments(parts: list[Message]) -> Iterator[Attachment]:
    for part in parts:
        if not part.is_multipart() and _is_attachment(part) and not _is_dressing(part):
            payload = part.get_payload(decode=True)
            size = len(payload) if isinstance(payload, bytes) else 0
            name = re.sub(r"[^\w. ()-]+", "_", _safe(lambda part=part: part.get_filename() or "", ""))  # type: ignore[misc]
            yield Attachment(name[:200], part.get_content_type(), size)


def _is_attachment(part: Message) -> bool:
    named = part.get_filename() is not None
    return named or part.get_content_disposition() == "attachment" or part.get_content_maintype() != "text"


def _is_dressing(part: Message) -> bool:
    """Whether it belongs to how a mail looks or is signed, as a logo does, and says nothing itself."""
    is_logo = part.get_content_maintype() == "image" and part.get("content-id") is not None
    return is_logo or part.get_content_type() in _NO_ATTACHMENTS


def _subject(mail: Message) -> str:
    return _safe(lambda: str(make_header(decode_header(_header(mail, "subject")))), "")


def _header(mail: Message, name: str) -> str:
    """A header in one line, however it is written."""
    return _safe(lambda: " ".join(str(mail.get(name, ""))[:_LONGEST_HEADER].split()), "")


def _safe(read: Callable[[], _Read], otherwise: _Read) -> _Read:
    """Parsers of mail and HTML break on some bytes, each in its own way; what can't be read is not there."""
    try:
        return read()
    except Exception:
        return otherwise
