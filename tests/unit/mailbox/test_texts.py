"""Mails as people read them: whole in themselves, label first, no line too wide."""

import re
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.mailbox import flood, texts
from connectors.mailbox.texts import MailText, OpenRequest, Part, Told
from hub.rules.digesting import urgency
from hub.rules.relations import Reason, Relation
from hub.rules.throttle.forecast import Why
from hub.rules.throttle.standing import Leaves
from hub.words import wording
from hub.words.wording import REQUEST_STATES
from schemas.catalogue import CATALOGUE, Event
from schemas.terms import FunctionSlug, Tlp
from tests.events import KINDS, OF_THE_HUB, REQUESTS, event
from tests.registers import REGISTER
from tests.unit.mailbox.sound import is_sound, too_wide
from tests.unit.strategies import AREAS, PARTIES, events

NOW = datetime(2027, 6, 7, 6, tzinfo=UTC)
_NAMES = {row.short: row.name_nl for row in CATALOGUE}
_NEXT_BUNDLE = datetime(2027, 7, 6, 8, tzinfo=UTC)
_LINK = "https://kernhub.example/gebeurtenissen/6f6bd1ce-2d5f-5c8e-9b5a-2f5f8b1f6d11"
_GAS = wording.function_name("natural-gas", REGISTER)
_ASKED = (Reason(Relation.OPERATOR, "electricity", "GM0935"),)
_reasons = st.lists(
    st.builds(
        Reason, st.sampled_from(list(Relation)), st.sampled_from(list(FunctionSlug)), st.sampled_from(AREAS)
    ),
    min_size=1,
    max_size=3,
)


def _told(told: Event, link: str = _LINK) -> Told:
    return Told(told, "gm0935", [Reason(Relation.OPERATOR, "electricity", "GM0935")], link)


def _immediate(kind: str, **changes: Any) -> MailText:
    return texts.immediate(_told(event(kind, **changes)), REGISTER)


@pytest.mark.parametrize(
    ("label", "title"), [("GREEN", "Hoe diep?"), ("CLEAR", "Hoe diep?"), ("AMBER", "Een meter.")]
)
def test_an_answer_is_called_as_it_was_asked_where_its_label_covers_that(label: str, title: str) -> None:
    asked = event("question-raised", tlp=label, data={"text": "Hoe diep?"})
    told = _told(event("question-answered", tlp="GREEN", data={"text": "Een meter."}))._replace(asked=asked)
    mail = texts.immediate(told, REGISTER)
    assert mail.subject == f"[Kernhub] [TLP:GREEN] Vraag beantwoord: {title}"
    assert f"\nVraag beantwoord: {title}\n" in mail.body
    assert "Een meter." in mail.body


@pytest.mark.parametrize("kind", KINDS)
def test_each_type_is_told_with_label_title_and_reason(kind: str) -> None:
    mail = _immediate(kind, tlp="AMBER")
    data = event(kind).data
    title = next(getattr(data, name) for name in ("title", "text", "reason") if hasattr(data, name))
    assert mail.subject == f"[Kernhub] [TLP:AMBER] {_NAMES[kind]}: {title}"
    assert mail.body.startswith(f"TLP:AMBER - {wording.TLP_MEANING[Tlp.AMBER]}\n")
    assert f"\n{_NAMES[kind]}: {title}\n" in mail.body
    assert "\nWaarom krijgt u dit?\nU beheert Elektriciteit in Maastricht.\n" in mail.body
    assert "\nVan:           Gemeente Maastricht\n" in mail.body
    assert f"\nBekijk deze gebeurtenis: {_LINK}\n" in mail.body
    assert is_sound(mail)


@pytest.mark.parametrize("kind", KINDS)
def test_all_that_an_event_says_is_in_its_mail(kind: str) -> None:
    body = " ".join(_immediate(kind).body.split())
    told = event(kind).data.model_dump(mode="json")
    says = {
        "summary",
        "description",
        "text",
        "how",
        "outcome",
        "purpose",
        "link",
        "place",
        "location",
        "scenario",
        "reason",
        "alternative",
        "exposed",
        "fails_at",
        "agreed",
        "done",
        "planned",
    }
    given = {name for name in says & set(told) if told[name] is not None}
    assert given or kind in OF_THE_HUB
    assert [name for name in given if told[name] not in body] == []


@pytest.mark.parametrize("label", list(Tlp))
def test_the_label_stands_in_subject_and_body(label: Tlp) -> None:
    mail = _immediate("bottleneck-found", tlp=str(label))
    assert mail.tlp is label
    assert f"[TLP:{label}]" in mail.subject
    assert mail.body.splitlines()[0].startswith(f"TLP:{label} - ")


@given(events(), st.sampled_from(PARTIES), _reasons)
def test_any_event_makes_a_mail_with_a_subject_in_one_line_and_no_linetoo_wide(
    told: Event, publisher: str, reasons: list[Reason]
) -> None:
    mail = texts.immediate(Told(told, publisher, reasons, _LINK), REGISTER)
    assert is_sound(mail)
    assert mail.tlp is told.tlp


def test_a_text_of_many_lines_puts_nothing_in_the_header() -> None:
    trick = "Vraag\nBcc: iedereen@postbus.example\n\nWeg met het label"
    mail = _immediate("question-raised", data={"text": trick})
    assert "\n" not in mail.subject
    assert mail.subject.endswith("Vraag Bcc: iedereen@postbus.example Weg met het label")


def test_a_long_title_is_cut_between_words_in_the_subject() -> None:
    mail = _immediate("question-raised", data={"text": "Hoe lang duurt het " * 20})
    subject = mail.subject.partition(": ")[2]
    assert 70 < len(subject) <= 90
    assert subject.endswith("…")
    assert ("Hoe lang duurt het " * 20).startswith(f"{subject[:-1]} ")


def test_a_long_text_is_wrapped_and_a_long_word_is_left_whole() -> None:
    word = "x" * 120
    mail = _immediate("bottleneck-found", data={"description": "Dit is lang. " * 30 + word})
    assert not too_wide(mail)
    assert f"  {word}" in mail.body.splitlines()


def test_what_an_event_leaves_out_has_no_empty_heading() -> None:
    body = _immediate("bottleneck-found", data={"location": None}).body
    assert "Plaats" not in body
    assert "\n\n\n" not in body


def _digest(*entries: Told, asked: tuple[OpenRequest, ...] = ()) -> MailText:
    return texts.digest(Part("pv31"), entries, asked, NOW, REGISTER)


def test_words_that_digests_share_hold_nothing_of_another_reader() -> None:
    some = [event(kind) for kind in KINDS]
    reasons = ([Reason(Relation.NAMED)], [Reason(Relation.OPERATOR, "electricity", "GM0935")])
    worded = texts.Worded()
    for why in reasons:
        entries = [Told(one, "gm0935", why, _LINK) for one in some]
        assert texts.digest(Part("pv31"), entries, [], NOW, REGISTER, worded) == _digest(*entries)


def test_a_digest_numbers_its_items_and_has_each_once() -> None:
    links = [f"https://kernhub.example/{number}" for number in range(12)]
    kinds = [KINDS[number % len(KINDS)] for number in range(12)]
    mail = _digest(*(_told(event(kind), link) for kind, link in zip(kinds, links, strict=True)))
    shown = re.findall(r"^(\d+)\. (.*?):", mail.body, re.M)
    assert [number for number, _ in shown] == [str(number) for number in range(1, 13)]
    assert sorted(name for _, name in shown) == sorted(_NAMES[kind] for kind in kinds)
    assert sorted(re.findall(r"^   Lees meer: +(\S+)$", mail.body, re.M)) == sorted(links)
    assert sorted(re.findall(r'href="(\S+?)"', mail.html)) == sorted(links)
    assert "\n12 berichten.\n" in mail.body
    assert mail.subject == "[Kernhub] [TLP:GREEN] Overzicht: 12 berichten"
    assert "\nOverzicht voor Provincie Limburg\nTot en met maandag 7 juni 2027, 08:00 uur\n" in mail.body


def test_a_digest_goes_by_function_and_place_with_what_is_most_urgent_first() -> None:
    usual, grave = event("knowledge-shared"), event("bottleneck-found")
    water = event("bottleneck-found", functions="drinking-water", areas="GM0994", data={"severity": "low"})
    elsewhere = event("bottleneck-found", areas="GM0994", data={"severity": "low"})
    urgent = event("situation-opened", functions="natural-gas", areas="GM0935")
    mail = _digest(*map(_told, (water, usual, elsewhere, grave, urgent)))
    headings = [text for _, text in re.findall(r"<h([23])[^>]*>(.*?)</h", mail.html)]
    assert headings == [
        *(_GAS, "Maastricht"),
        *("Elektriciteit", "Maastricht", "Valkenburg aan de Geul"),
        *("Drinkwater", "Valkenburg aan de Geul"),
    ]
    said = " ".join(mail.body.split())
    assert f"{_GAS} Maastricht 1. Situatieblad geopend" in said
    assert said.index("Dit heeft haast.") < said.index("2. Knelpunt gevonden") < said.index("Dit is ernstig.")
    assert "3. Kennis gedeeld" in said


@pytest.mark.parametrize("kind", ["immediate", "lapse", "digest"])
def test_a_hostile_text_stays_text_in_html(kind: str) -> None:
    trick = '<script>x()</script><img src="//spion.example/p.gif">"><a href=javascript:x()>Klik <!--foot-->'
    told = _told(event("question-raised", data={"text": trick}))
    mail = _digest(told) if kind == "digest" else getattr(texts, kind)(told, REGISTER)
    assert not re.search(r"<(script|img|a href=j)", mail.html)
    assert mail.html.count("<!--foot-->") == 1
    assert "&lt;script&gt;x()" in mail.html


def test_a_digest_of_one_speaks_of_one() -> None:
    mail = _digest(_told(event("bottleneck-found")))
    assert mail.subject == "[Kernhub] [TLP:GREEN] Overzicht: 1 bericht"
    assert "\n1 bericht.\n" in mail.body
    assert "strengste label" not in mail.body
    assert "Uw open vragen" not in mail.body


def test_a_digest_carries_the_strictest_label_and_each_item_its_own() -> None:
    labels = ["CLEAR", "AMBER", "GREEN"]
    mail = _digest(*(_told(event("bottleneck-found", tlp=label)) for label in labels))
    assert mail.tlp is Tlp.AMBER
    assert "strengste label" in mail.body
    assert re.findall(r"^   TLP: +(\S+)$", mail.body, re.M) == labels


def test_an_own_question_with_a_stricter_label_counts_for_the_digest() -> None:
    asked = OpenRequest(event("question-raised", tlp="RED"), "enexis", "sent", None)
    mail = _digest(_told(event("bottleneck-found")), asked=(asked,))
    assert mail.tlp is Tlp.RED
    assert "strengste label" in mail.body


def test_a_digest_tells_where_the_own_questions_stand() -> None:
    leaves = Leaves(datetime(2027, 6, 22, 8, tzinfo=UTC), Why.WAITS_FOR_MORE)
    waiting = OpenRequest(event("question-raised"), "enexis", "waiting", leaves)
    sent = OpenRequest(event("information-requested"), "wml", "sent", None)
    body = _digest(_told(event("knowledge-shared")), asked=(waiting, sent)).body
    _, section = body.split("\nUw open vragen\n")
    told = " ".join(section.split())
    assert (
        "- Hoe lang werkt de noodstroom van het station? Aan Enexis Netbeheer: wacht op de volgende" in told
    )
    assert (
        "Gaat uiterlijk dinsdag 22 juni 2027, 10:00 uur naar de beheerder, als er niets bijkomt: vragen gaan "
        "samen weg, zodra er genoeg zijn of één niet langer kan wachten." in told
    )
    assert "- Kaart van de stations Aan WML (Waterleiding Maatschappij Limburg): ligt bij de" in told
    assert told.count("Gaat uiterlijk") == 1


@given(
    st.lists(events(), min_size=1, max_size=4), st.lists(events(REQUESTS), max_size=3), _reasons, st.data()
)
def test_any_digestis_sound(
    told: list[Event], requests: list[Event], reasons: list[Reason], data: st.DataObject
) -> None:
    asked = [
        OpenRequest(
            one,
            data.draw(st.sampled_from(PARTIES)),
            data.draw(st.sampled_from(list(REQUEST_STATES))),
            data.draw(st.none() | st.builds(Leaves, st.none() | st.just(NOW), st.sampled_from(Why))),
        )
        for one in requests
    ]
    entries = [Told(one, data.draw(st.sampled_from(PARTIES)), reasons, _LINK) for one in told]
    assert is_sound(texts.digest(Part("gm0935"), entries, asked, NOW, REGISTER))


@given(st.lists(events(), min_size=1, max_size=8))
def test_a_mail_of_a_flood_is_sound_and_names_each_event_with_its_link(some: list[Event]) -> None:
    entries = [_told(told, f"{_LINK}/{number}") for number, told in enumerate(some)]
    entries.sort(key=lambda entry: urgency(entry.event))
    mail = flood.text(Part("pv31"), entries, NOW, REGISTER)
    assert is_sound(mail)
    for entry in entries:
        assert mail.body.split().count(entry.link) == 1
        assert mail.html.count(f'href="{entry.link}"') == 1
