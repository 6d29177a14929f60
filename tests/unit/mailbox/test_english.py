"""Mails in English: of the hub's own words none stays Dutch, and the words of people stay as they are."""

import ast
import json
import re
from collections.abc import Iterator
from datetime import UTC, date, datetime
from http import HTTPStatus
from pathlib import Path
from string import Formatter
from typing import Any
from uuid import UUID

import pytest
from jinja2 import Environment, nodes

from connectors.mailbox import (
    bounced,
    bundle,
    choices,
    confirmation,
    flood,
    outlets,
    pages,
    reminder,
    serving,
    signing_in,
    situation,
    texts,
)
from connectors.mailbox.asked import Along, BundledRequest, StillOpen, ToRenew, grouped
from connectors.mailbox.calendar import as_calendar
from connectors.mailbox.evidence import head_line
from connectors.mailbox.links import with_how_to_reply, with_links
from connectors.mailbox.rendering import language_of
from connectors.mailbox.texts import MailText, OpenRequest, Part, Told
from hub.rules import links, preferences
from hub.rules.digesting import urgency
from hub.rules.inviting import Invitation
from hub.rules.mail_in.judging import Doubt, Said, said_in_reply
from hub.rules.mail_in.judging import Why as WhyDoubted
from hub.rules.preferences import DIGEST, USUAL
from hub.rules.relations import Reason, Relation
from hub.rules.throttle.crisis import Sheet
from hub.rules.throttle.forecast import Why
from hub.rules.throttle.load import Pace
from hub.rules.throttle.standing import Leaves
from hub.store.throttle.numbers import Numbers
from hub.words import choice_words, own_facts, steering_facts, wording
from hub.words.english import ENGLISH
from hub.words.language import said, speaking
from schemas.catalogue import CATALOGUE
from schemas.problems import Problem
from schemas.situation import SituationOpened
from schemas.standard_question import standard_questions
from schemas.terms import FunctionSlug, Tlp
from tests.events import KINDS, REQUESTS, event, source_of
from tests.registers import REGISTER, with_mailboxes
from tests.unit.mailbox.sound import is_sound

_ROOT = Path(__file__).parents[3]
_LINK = "https://kernhub.example/gebeurtenissen/6f6bd1ce"
_UID = UUID(int=1)
_NOW = datetime(2027, 6, 7, 6, tzinfo=UTC)
_TEMPLATES = sorted((_ROOT / "connectors/mailbox/templates").glob("*.[th]*[tl]"))
_SOURCES = [one for folder in ("hub", "connectors", "consumers") for one in (_ROOT / folder).rglob("*.py")]
_TABLES = [
    *(choice_words.HAZARDS, choice_words.SEVERITY, choice_words.OPENNESS, choice_words.STEP),
    *(
        choice_words.ACTIVITY,
        wording.TLP_MEANING,
        wording._WHY,
        wording.REQUEST_STATES,
        wording._WHY_LATER,
    ),
    *(
        wording._WHY_WIDER,
        wording.LEVELS,
        wording.LANGUAGES,
        wording._SIGNALS,
        steering_facts._STATES,
        steering_facts._REASONS,
    ),
    *(own_facts._STRENGTH, own_facts._SIGNALS, own_facts._CHANGES, own_facts._FIELDS, own_facts._ROLES),
    *(
        outlets._WHY,
        outlets._AGAIN,
        texts.URGENT,
        dict(enumerate(wording.DAYS)),
        dict(enumerate(wording._MONTHS)),
        *({one.name: str(one) for one in words} for words in (WhyDoubted, bundle.Hurry)),
    ),
]
_ALWAYS = "matrix tlp kernhub lcms clear green amber strict red oin kvk".split()  # noqa: SIM905


def _words(text: str) -> set[str]:
    return set(re.findall(r"[^\W\d_]+", text.lower()))


def _of_people() -> set[str]:
    """What events say, and the names that the register gives to parties, areas and, in English, functions."""
    told = " ".join(json.dumps(event(kind).model_dump(mode="json"), ensure_ascii=False) for kind in KINDS)
    names = [one.name for one in (*REGISTER.parties.values(), *REGISTER.areas.values())]
    return _words(" ".join([told, *names, *(one.name_en for one in REGISTER.functions.values())]))


_KNOWN = _of_people().union(
    *map(_words, ENGLISH.values()),
    *(
        _words(" ".join([question.code, question.asked({}, "en"), words.en]))
        | _words(" ".join(one.heading("en") for one in question.columns))
        for question in standard_questions(FunctionSlug("electricity"))
        for words in (question.text, question.why, question.good_answer)
    ),
    *(_words(row.short) for row in CATALOGUE),
    _ALWAYS,
)


def _plain(mail: MailText) -> str:
    shown = re.sub(r"<!--.*?-->|<style.*?</style>|<[^>]*>|&\w+;", " ", mail.html, flags=re.S)
    return re.sub(r"https?://\S+", " ", f"{mail.subject}\n{mail.body}\n{shown}")


def _is_english(mail: MailText) -> None:
    body, html = with_links(mail.body, mail.html, _LINK, DIGEST, _LINK)
    assert html is not None
    assert '<html lang="en">' in html
    mail = mail._replace(body=body, html=html)
    assert _words(_plain(mail)) - _KNOWN == set()


def _told(kind: str) -> Told:
    reasons = [Reason(one, "electricity", "PV31") for one in Relation]
    return Told(event(kind), "gm0935", reasons, _LINK)


@pytest.mark.parametrize("kind", KINDS)
def test_an_english_mail_of_each_type_has_no_dutch_of_the_hub(kind: str) -> None:
    with speaking("en"):
        mail, lapse = texts.immediate(_told(kind), REGISTER), texts.lapse(_told(kind), REGISTER)
        name = wording.type_name(event(kind))
    assert mail.subject.startswith(f"[Kernhub] [TLP:GREEN] {name}: ")
    assert "\nWhy do you get this?\n" in mail.body
    assert is_sound(mail)
    _is_english(mail)
    _is_english(lapse)


@pytest.mark.parametrize("parts", [1, 2])
def test_an_english_digest_and_flood_have_no_dutch_of_the_hub(parts: int) -> None:
    entries = sorted(map(_told, KINDS * parts), key=lambda entry: urgency(entry.event))
    strict = Told(event("question-raised", tlp="AMBER"), "gm0935", _told(KINDS[0]).reasons, _LINK)
    asked = [
        OpenRequest(event(REQUESTS[0]), "enexis", state, Leaves(by, why))
        for state in wording.REQUEST_STATES
        for why in Why
        for by in (None, _NOW)
    ]
    worded, part = texts.Worded(), Part("pv31", 1, parts)
    dutch = texts.digest(part, entries, asked, _NOW, REGISTER, worded)
    with speaking("en"):
        english = texts.digest(part, [*entries, strict], asked, _NOW, REGISTER, worded)
        for mail in (
            english,
            texts.digest(part, entries[:1], [], _NOW, REGISTER),
            texts.sent_again(part, entries, _NOW, REGISTER),
            flood.text(part, [*entries, strict], _NOW, REGISTER),
            flood.text(part, entries[-1:], _NOW, REGISTER),
        ):
            _is_english(mail)
    assert "\nMonday 7 June 2027" not in dutch.body
    assert "\nDigest for Provincie Limburg\nUp to and including Monday 7 June 2027, 08:00\n" in english.body
    assert dutch == texts.digest(part, entries, asked, _NOW, REGISTER)


@pytest.mark.parametrize(
    "invited", [Invitation(_UID, 0, False), Invitation(_UID, 1, False), Invitation(_UID, 1, True)]
)
def test_an_english_invitation_has_no_dutch_of_the_hub(invited: Invitation) -> None:
    told = _told("risk-dialogue-planned")
    with speaking("en"):
        _is_english(texts.immediate(told, REGISTER, invited))
        calendar = as_calendar(told, invited, "a@b.example", "hub@b.example", REGISTER)
    assert "It does not say how long it takes" in calendar.replace("\r\n ", "")


def test_the_confirmation_of_a_choice_is_in_the_language_that_was_chosen() -> None:
    wanted = USUAL._replace(
        language="en",
        at_once=("knowledge-shared",),
        digested=("bottleneck-found",),
        stopped=("digest",),
        functions=("oil",),
        areas=("PV31",),
        least="serious",
        away_from=date(2027, 7, 1),
        away_until=date(2027, 7, 20),
        deputy="station@maastricht.example",
    )
    with speaking(wanted.language):
        mail = choices.confirmed(wanted, REGISTER)
        nothing = choices.confirmed(USUAL._replace(language="en"), REGISTER)
    assert "\nLanguage:      English\n" in mail.body
    _is_english(
        mail._replace(
            body=mail.body.replace(wanted.deputy or "", ""), html=mail.html.replace(wanted.deputy or "", "")
        )
    )
    _is_english(nothing)


def test_what_comes_under_a_mail_later_is_in_its_language_and_nothing_else_is() -> None:
    with speaking("en"):
        english = texts.lapse(_told("question-answered"), REGISTER)
        assert head_line(3, b"x").startswith("Ledger: 3 lines, ")
    dutch = texts.lapse(_told("question-answered"), REGISTER)
    assert (language_of(english.html), language_of(dutch.html), language_of(None)) == ("en", "nl", "nl")
    assert "No more mail about the digest" in with_links(english.body, english.html, _LINK, DIGEST, _LINK)[0]
    assert "Geen mail meer over het overzicht" in with_links(dutch.body, dutch.html, _LINK, DIGEST, _LINK)[0]


def test_english_mails_about_mail_systems_and_signing_in_have_no_dutch_of_the_hub() -> None:
    with speaking("en"):
        _is_english(signing_in.asked("pv31", _NOW, REGISTER))
        register = with_mailboxes(pv31="station@maastricht.example")
        _is_english(bounced.text("pv31", "flood", _NOW, register))
        for channel in ("webhook", "topic", "matrix"):
            for why in outlets._WHY:
                _is_english(outlets.stopped(channel, "system", "", why, "", _NOW))


@pytest.mark.parametrize(
    "more",
    [
        {},
        {"done": True},
        {"wrong": [Problem("deputy", "away", "ligt voor de eerste dag dat u er niet bent")]},
    ],
)
def test_the_pages_behind_the_links_speak_the_language_that_the_party_chose(more: dict[str, Any]) -> None:
    wanted = USUAL._replace(language="en", deputy="station@maastricht.example")
    for link in (links.choose("pv31", _NOW.date()), links.stop("pv31", DIGEST, 0)):
        shown = bytes(serving._answer(link, wanted, REGISTER, **more).body).decode()
        assert '<html lang="en">' in shown
        plain = re.sub(r"<style.*?</style>|<[^>]*>|&#?\w+;", " ", shown, flags=re.S)
        assert _words(plain) - _KNOWN == set()
        assert '<html lang="nl">' in bytes(serving._answer(link, USUAL, REGISTER).body).decode()


def _asked(item: int, asker: str, kind: str = "question-raised", **data: Any) -> BundledRequest:
    told = event(kind, source=source_of(asker), data=data)
    reasons = [Reason(Relation.ASKED), Reason(Relation.OPERATOR, "electricity", "GM0935")]
    return BundledRequest(UUID(int=item), told.functions, told, asker, told.areas, reasons, _LINK)


_STANDARD = {"standard_question": "stations-at-water-depth", "parameters": {"depth_cm": "100"}}
_HURRIES: list[bundle.Hurry | None] = [None, *bundle.Hurry]


@pytest.mark.parametrize("hurry", _HURRIES)
def test_an_english_bundle_has_no_dutch_of_the_hub(hurry: bundle.Hurry | None) -> None:
    asked = [
        _asked(1, "gm0935", **_STANDARD),
        _asked(1, "gm0938", urgent="De noodstroom!", **_STANDARD),
        _asked(2, "gm0935", "participation-requested"),
        _asked(3, "gm0994", "information-requested"),
    ]
    numbers = Numbers(24, {item: at for at, item in enumerate(grouped(asked, REGISTER), start=1)})
    deposit, answer = event("answer-deposited"), event("question-answered")
    along = Along(
        [StillOpen(numbers, _NOW, asked)],
        [
            ToRenew(_UID, deposit, None, ["GM0935"], _NOW.date(), _LINK),
            ToRenew(_UID, answer, asked[0].event, ["GM0935"], _NOW.date(), _LINK),
        ],
    )
    with speaking("en"):
        mail = bundle.text("enexis", asked, numbers, _NOW, Pace(1, 2, 4, 30, 7), REGISTER, hurry, along)
        one = bundle.text("enexis", asked[:1], numbers, None, Pace(1, 1, 1, 1, 1), REGISTER, hurry)
    assert "1. Standard question: How many substations and how many connections" in " ".join(
        mail.body.split()
    )
    for told in (mail, one):
        assert is_sound(told)
        _is_english(told)
    assert "1 question from 1 party, merged from 1 request." in " ".join(one.body.split())


def test_an_english_reminder_and_situation_sheet_have_no_dutch_of_the_hub() -> None:
    asked = [_asked(1, "gm0935", **_STANDARD), _asked(2, "gm0935", "participation-requested")]
    opened = event("situation-opened")
    assert isinstance(opened, SituationOpened)
    sheet = Sheet("enexis", FunctionSlug("electricity"), "hoogwater", ("GM0935",), Tlp.GREEN, _NOW, _NOW)
    with speaking("en"):
        for some in (asked, asked[:1]):
            numbers = Numbers(24, {item: at for at, item in enumerate(grouped(some, REGISTER), start=1)})
            open_still = [StillOpen(numbers, _NOW, some)]
            _is_english(reminder.text("enexis", open_still, _NOW, REGISTER))
            _is_english(reminder.text("enexis", open_still, None, REGISTER))
        _is_english(situation.opened("enexis", opened, [sheet], _LINK, REGISTER))


@pytest.mark.parametrize("why", WhyDoubted)
def test_an_english_outcome_of_a_reply_has_no_dutch_of_the_hub(why: WhyDoubted) -> None:
    taken = [confirmation.Taken(f"24-{one}", Tlp.GREEN, None) for one in (1, 3)]
    with speaking("en"):
        _is_english(confirmation.text(taken[:1], _NOW, None, None))
        _is_english(confirmation.text(taken, _NOW, Doubt(why, "24-9").reason, _LINK))
        _is_english(confirmation.text([], _NOW, Doubt(why).reason, _LINK))


@pytest.mark.parametrize("language", ["nl", "en"])
def test_a_reply_is_read_by_the_words_above_the_mail_in_each_language(language: str) -> None:
    with speaking(language):
        mail = reminder.text(
            "enexis", [StillOpen(Numbers(24, {_UID: 3}), _NOW, [_asked(1, "gm0935")])], None, REGISTER
        )
    body, html = with_how_to_reply(mail.body, mail.html)
    assert html is not None
    assert said_in_reply(f"24-3: Acht uur.\n\n{body}", 24, [3], [body]) == [Said(24, 3, "Acht uur.")]
    below = said_in_reply(f"Zie onder.\n\n{body}\nHet zijn er twaalf.", 24, [3], [body])
    assert below == Doubt(WhyDoubted.BELOW)
    _is_english(mail._replace(body=body, html=html)) if language == "en" else None


def test_each_thing_that_can_be_wrong_with_a_choice_is_said_in_english() -> None:
    register = with_mailboxes(gm0935="station@maastricht.example")
    wrong = [
        USUAL._replace(weekdays=(), hour=24, functions=("x",), areas=("flood",), least="x", language="x"),
        USUAL._replace(areas=("GM0935",) * 101, stopped=("x", "situation-opened"), at_once=("x",)),
        USUAL._replace(away_from=date(2027, 7, 1), deputy="flood@flood.example"),
        USUAL._replace(away_from=date(2027, 7, 1), away_until=date(2027, 6, 1)),
        USUAL._replace(away_from=date(2027, 7, 1), away_until=date(2029, 6, 1)),
        USUAL._replace(deputy="flood@flood.example"),
    ]
    with speaking("en"):
        for one in (one for wanted in wrong for one in preferences.problems(wanted, "gm0935", register)):
            assert one.detail.partition(": ")[0] in ENGLISH
            assert one.detail not in serving._said_wrong(one)
    (shown,) = [serving._said_wrong(one) for one in preferences.problems(wrong[3], "gm0935", register)]
    assert shown == "Tot en met: ligt voor de eerste dag dat u er niet bent"


def test_a_page_for_a_link_that_says_nothing_is_in_both_languages() -> None:
    shown = bytes(pages.LinkUnknown().response.body).decode()
    assert "Deze link werkt niet (meer)." in shown
    assert '<div lang="en">\n<h2>This does not work</h2>\n<p>This link does not work (any more).' in shown
    with speaking("en"):
        told = bytes(pages.ToldInstead(HTTPStatus.GONE, serving._CHOSEN_SINCE).response.body).decode()
    assert "You chose which mail you get after this mail." in told


def _said_in_templates() -> Iterator[str]:
    for path in _TEMPLATES:
        for call in Environment().parse(path.read_text()).find_all(nodes.Call):  # noqa: S701 - nothing is rendered
            if isinstance(call.node, nodes.Name) and call.node.name == "_":
                assert isinstance(call.args[0], nodes.Const), path
                yield call.args[0].value


def _said_in_code() -> Iterator[str]:
    """The texts that code says in place, and the labels of facts."""
    for path in _SOURCES:
        for node in ast.walk(ast.parse(path.read_text())):
            first = None
            if (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Name)
                and node.func.id in ("said", "Fact")
            ):
                first = node.args[0]
            elif isinstance(node, ast.Tuple) and len(node.elts) == 2 and path.name.endswith("_facts.py"):
                first = node.elts[0]
            if isinstance(first, ast.Constant) and first.value:
                yield first.value


def test_every_text_of_the_hub_in_these_mails_has_english_with_the_same_places() -> None:
    dutch = {*_said_in_templates(), *_said_in_code()}.union(*(table.values() for table in _TABLES))
    assert len(dutch) > 200
    assert dutch - set(ENGLISH) == set()
    for text, english in ENGLISH.items():
        assert _places(text) == _places(english)


def _places(text: str) -> set[str]:
    return {name for _, name, *_ in Formatter().parse(text) if name is not None}


def test_a_text_without_english_is_said_in_dutch() -> None:
    with speaking("en"):
        assert said("Hier is geen Engels voor.") == "Hier is geen Engels voor."
    assert said("maandag") == "maandag"
