"""Mails that the hub sends on its own account: they read as well as those that tell of events."""

from datetime import UTC, date, datetime

import pytest

from connectors.mailbox import bounced, choices, confirmation, outlets, signing_in, situation, texts
from connectors.mailbox.confirmation import Taken
from connectors.mailbox.texts import MailText, Part, Told
from hub.rules.mail_in.judging import Doubt, Why
from hub.rules.outlets import StopReason
from hub.rules.preferences import Preferences
from hub.rules.relations import Reason, Relation
from hub.rules.throttle.crisis import Sheet
from schemas.situation import SituationOpened
from schemas.terms import FunctionSlug, Tlp
from tests.events import event
from tests.registers import REGISTER, with_mailboxes
from tests.unit.mailbox.sound import is_sound, left_out, too_wide

_AT = datetime(2027, 6, 7, 6, tzinfo=UTC)
_LINK = "https://kernhub.example/gebeurtenissen/6f6bd1ce-2d5f-5c8e-9b5a-2f5f8b1f6d11"
_UNKNOWN = "550 5.1.1 <klimaatadaptatie.zuid@netbeheer.example>: Recipient address rejected: no such user"
_CHOSEN = Preferences(
    weekdays=(0, 2),
    working_days=False,
    stopped=("bottleneck-found", "digest"),
    away_from=date(2027, 7, 1),
    away_until=date(2027, 7, 20),
    deputy="waarnemer@maastricht.example",
    at_once=("question-raised",),
    areas=("GM0935", "PV31"),
    least="serious",
)


def _situation() -> MailText:
    opened = event("situation-opened")
    assert isinstance(opened, SituationOpened)
    sheet = Sheet("enexis", FunctionSlug("electricity"), "hoogwater", ("GM0935",), Tlp.GREEN, _AT, _AT)
    return situation.opened("enexis", opened, [sheet], _LINK, REGISTER)


def _stopped(channel: str) -> MailText:
    return outlets.stopped(channel, "zaken", "zaken.example", StopReason.FAILING, "zei 503 (druk)", _AT)


def _confirmed(doubt: str | None) -> MailText:
    taken = [Taken("24-1", Tlp.GREEN, "Acht uur.\nDaarna diesel."), Taken("24-3", Tlp.GREEN, None)]
    return confirmation.text(taken, _AT, doubt, _LINK if doubt else None)


_MAILS = {
    "bounced": bounced.text("enexis", _UNKNOWN, _AT, with_mailboxes(enexis="zuid@netbeheer.example")),
    "taken": _confirmed(None),
    "in doubt": _confirmed(Doubt(Why.UNKNOWN_NUMBER, "24-9").reason),
    "sign in": signing_in.asked("gm0935", _AT, REGISTER),
    "chosen": choices.confirmed(_CHOSEN, REGISTER),
    **{channel: _stopped(channel) for channel in ("webhook", "topic", "matrix")},
}


@pytest.mark.parametrize("name", _MAILS)
def test_each_is_sound(name: str) -> None:
    assert is_sound(_MAILS[name])


def test_a_system_is_called_as_its_owner_calls_it() -> None:
    assert _MAILS["webhook"].subject.endswith("Webhook 'zaken' is gestopt")
    assert _MAILS["matrix"].subject.endswith("Kamer op Matrix 'zaken' is gestopt")


def test_what_was_chosen_is_told_in_the_words_of_the_page() -> None:
    assert "\nOverzicht:     maandag, woensdag, 08:00 uur, ook op feestdagen\n" in _MAILS["chosen"].body
    assert "\nWaarnemer:     waarnemer@maastricht.example\n" in _MAILS["chosen"].body


def test_a_sheet_asks_about_the_crisis_that_it_is_for() -> None:
    mail = _situation()
    assert "[dreiging]" not in mail.body + mail.html
    assert "voor deze crisis?" in mail.html
    assert not too_wide(mail)
    assert all(word.isdigit() for word in left_out(mail)), "a list in HTML numbers itself"


def test_a_digest_does_not_say_a_question_twice() -> None:
    told = Told(event("question-raised"), "gm0935", [Reason(Relation.NAMED)], _LINK)
    mail = texts.digest(Part("pv31"), [told], [], _AT, REGISTER)
    for form in (mail.body, mail.html):
        assert form.count("Hoe lang werkt de noodstroom van het station?") == 1
