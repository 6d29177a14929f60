"""Mail as bytes: whatever comes, there is a result; and what people and machines send is read as meant."""

import time
from email.message import EmailMessage
from email.policy import SMTP

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.intake.mail_reading import Bounce, Sort, delivered, message_id_of, read_mail

_HEADS = (
    b"Content-Type: multipart/mixed; boundary=a\r\n\r\n--a\r\n",
    b"Content-Type: text/html; charset=",
    b"From: ",
)
_DSN = b"""From: MAILER-DAEMON@mx.example
Content-Type: multipart/report; report-type=delivery-status; boundary=a

--a

Uw bericht kwam niet aan.
--a
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example

Final-Recipient: rfc822; enexis@postbus.example
Action: %s
Status: 5.1.1
Diagnostic-Code: smtp; 550 no such user
--a--
"""


def _mail(text: str = "24-1: ja", **headers: str) -> EmailMessage:
    mail = EmailMessage(policy=SMTP)
    mail["From"] = "Enexis <Enexis@Postbus.example>"
    for name, value in headers.items():
        mail[name.replace("_", "-")] = value
    mail.set_content(text)
    return mail


@given(st.sampled_from(_HEADS) | st.binary(max_size=20), st.binary(max_size=2000))
def test_any_bytes_give_a_result(head: bytes, rest: bytes) -> None:
    assert read_mail(head + rest, None).sort in set(Sort)


@given(
    st.text(st.characters(codec="utf-8", exclude_characters="\r\n\0"), min_size=1),
    st.sampled_from(["7bit", "base64", "quoted-printable"]),
)
def test_text_comes_through_every_encoding(text: str, encoding: str) -> None:
    mail = EmailMessage(policy=SMTP.clone(utf8=True))
    cte = "base64" if encoding == "7bit" and not text.isascii() else encoding
    if cte == "7bit":
        text = text[:900]
    mail.set_content(text, cte=cte)
    assert read_mail(mail.as_bytes(), "a@b.example").text.strip() == text.strip() or not text.isprintable()


@given(st.text(max_size=300), st.booleans())
def test_any_html_gives_a_text(html: str, is_surrogate: bool) -> None:
    raw = b"Content-Type: text/html; charset=utf-8\n\n<p>" + html.encode("utf-8", "surrogatepass")
    assert isinstance(read_mail(raw + (b"\xff<!" if is_surrogate else b""), None).text, str)


def test_a_mail_of_mails_without_end_is_not_read() -> None:
    assert read_mail(b"Content-Type: message/rfc822\n\n" * 5000, None).sort is Sort.UNREADABLE


def test_html_alone_is_read_as_text_and_files_are_told_apart() -> None:
    mail = _mail()
    mail.set_content("<p>24-1: <b>ja</b><br>en meer</p>", subtype="html", charset="iso-8859-1")
    mail.add_attachment(b"%PDF", maintype="application", subtype="pdf", filename="../kaart.pdf")
    read = read_mail(mail.as_bytes(), "enexis@postbus.example")
    assert (read.sort, read.sender, read.text) == (Sort.PERSON, "enexis@postbus.example", "24-1: ja\nen meer")
    assert [(one.name, one.media_type, one.size) for one in read.attachments] == [
        (".._kaart.pdf", "application/pdf", 4)
    ]


def test_flowed_lines_are_joined_and_a_signature_is_not() -> None:
    raw = b"Content-Type: text/plain; format=flowed\n\n24-1: een lange \nregel\n-- \nJan\n> 1 \n> 2"
    assert read_mail(raw, None).text == "24-1: een lange regel\n-- \nJan\n> 1 \n> 2"


@pytest.mark.parametrize(
    "headers",
    [
        {"Auto_Submitted": "auto-replied"},
        {"Precedence": "bulk"},
        {"X_Autoreply": "yes"},
        {"List_Id": "<l.example>"},
    ],
)
def test_what_a_machine_answers_is_known_as_such(headers: dict[str, str]) -> None:
    assert read_mail(_mail(**headers).as_bytes(), "a@b.example").sort is Sort.AUTOMATIC


@pytest.mark.parametrize(
    ("subject", "sort"),
    [
        ("Automatisch antwoord: Bundel 24", Sort.AUTOMATIC),
        ("Afwezigheidsmelding", Sort.AUTOMATIC),
        ("Afwezig: Re: Bundel 24", Sort.AUTOMATIC),
        ("Automatic reply: Bundel 24", Sort.AUTOMATIC),
        ("Out of Office", Sort.AUTOMATIC),
        ("Auto-reply: Bundel 24", Sort.AUTOMATIC),
        ("Automatische Antwort: Bundel 24", Sort.AUTOMATIC),
        ("Abwesenheitsnotiz: Bundel 24", Sort.AUTOMATIC),
        ("Réponse automatique\xa0: Bundel 24", Sort.AUTOMATIC),
        ("Absence du bureau : Bundel 24", Sort.AUTOMATIC),
        ("Message d'absence : Bundel 24", Sort.AUTOMATIC),
        ("Re: Automatische pompen: bundel 24", Sort.PERSON),
        ("Automatische pompen: bundel 24", Sort.PERSON),
        ("Re: Bundel 24 (ik ben vrijdag afwezig)", Sort.PERSON),
        ("Bundel 24: absentie van personeel", Sort.PERSON),
    ],
)
def test_a_subject_in_four_languages_tells_who_is_away(subject: str, sort: Sort) -> None:
    assert read_mail(_mail(Subject=subject).as_bytes(), "a@b.example").sort is sort


def test_an_empty_envelope_sender_is_a_machine_and_a_plain_mail_is_a_person() -> None:
    raw = _mail(Auto_Submitted="no").as_bytes()
    assert [read_mail(raw, sender).sort for sender in ("", "a@b.example")] == [Sort.AUTOMATIC, Sort.PERSON]


@pytest.mark.parametrize(("action", "is_final"), [(b"failed", True), (b"delayed", False)])
def test_a_delivery_report_says_what_became_of_a_mail(action: bytes, is_final: bool) -> None:
    read = read_mail(_DSN % action, "")
    assert (read.sort, read.bounces) == (
        Sort.BOUNCE,
        (Bounce(is_final, "5.1.1", "smtp; 550 no such user", "enexis@postbus.example"),),
    )


@pytest.mark.parametrize("first", [b"failed", b"delayed"])
def test_a_report_about_a_copy_does_not_hide_that_the_mailbox_has_nothing(first: bytes) -> None:
    copy = b"Final-Recipient: rfc822; Deputy@postbus.example\nAction: " + first + b"\nStatus: 5.2.2\n\n"
    raw = (_DSN % b"failed").replace(b"Final-Recipient", copy + b"Final-Recipient", 1)
    read = read_mail(raw, "")
    about = read.final_bounce("deputy@POSTBUS.example")
    assert about is not None
    assert about.recipient == "enexis@postbus.example"
    assert read_mail((_DSN % b"delayed"), "").final_bounce(None) is None
    only_copy = read_mail((_DSN % b"failed"), "")
    assert only_copy.final_bounce("enexis@postbus.example") is None


def test_a_report_of_success_is_no_bounce_and_two_senders_are_none() -> None:
    assert read_mail(_DSN % b"delivered", "").sort is Sort.AUTOMATIC
    assert read_mail(b"From: a@b.example, c@d.example\n\nja", "a@b.example").sender == ""


_MUCH = 10 * 1024 * 1024


@pytest.mark.parametrize(
    "raw",
    [
        b"Content-Type: multipart/mixed; boundary=a\r\n\r\n" + b"--a\r\n\r\nx\r\n" * 10_000,
        b"Subject: " + b"=?utf-8?q?x?= " * 700_000 + b"\r\n\r\nx",
        b"From: " + b"a@b.example, " * 800_000 + b"\r\n\r\nx",
        b"X: y\r\n" * 1_500_000 + b"\r\nx",
        b"Content-Type: text/html\r\n\r\n" + b"<div>" * 2_000_000,
        b"Content-Transfer-Encoding: quoted-printable\r\n\r\n" + b"=" * _MUCH,
        b"Content-Type: text/plain; charset=punycode\r\n\r\n" + b"a" * 100_000 + b"-" + b"z" * 100_000,
    ],
)
def test_no_mail_takes_long(raw: bytes) -> None:
    begin = time.process_time()
    read_mail(raw, None)
    delivered(raw)
    message_id_of(raw)
    assert time.process_time() - begin < 5


def test_a_logo_is_no_attachment_and_two_from_headers_are_no_sender() -> None:
    raw = (
        b"From: a@b.example\nFrom: c@d.example\nContent-Type: multipart/mixed; boundary=a\n\n--a\n\nJa.\n"
        b"--a\nContent-Type: image/png; name=logo.png\nContent-ID: <1>\n\nx\n--a--\n"
    )
    read = read_mail(raw, "a@b.example")
    assert (read.sender, read.attachments, read.text.strip()) == ("", (), "Ja.")


def test_what_a_mailbox_says_of_the_envelope() -> None:
    raw = b"Return-Path: <x@y.example>\nDelivered-To: a+r1@hub.example\n"
    raw += b"To: Hub <A+r1@hub.example>, b@c.example\n\nx"
    assert delivered(raw) == (("a+r1@hub.example", "A+r1@hub.example", "b@c.example"), "x@y.example")
    assert delivered(b"Return-Path: <>\n\nx") == ((), "")
    assert delivered(b"\xff\0") == ((), None)
