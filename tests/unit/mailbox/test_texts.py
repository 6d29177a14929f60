"""Mails as people read them: whole in themselves, label first, no line too wide."""

import re
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.mailbox import texts
from connectors.mailbox.texts import BundledRequest, MailText, OpenRequest, Part, Told
from hub import wording
from hub.rules.relations import Reason, Relation
from hub.rules.throttle.forecast import Why
from hub.rules.throttle.standing import Leaves
from hub.standard_facts import standard_text
from hub.wording import REQUEST_STATES
from schemas.catalogue import CATALOGUE, Event
from schemas.terms import FunctionSlug, Tlp
from tests.events import KINDS, OF_THE_HUB, REQUESTS, event, source_of
from tests.registers import REGISTER
from tests.unit.strategies import AREAS, PARTIES, events

NOW = datetime(2027, 6, 7, 6, tzinfo=UTC)
_NAMES = {row.short: row.name_nl for row in CATALOGUE}
_NEXT_BUNDLE = datetime(2027, 7, 6, 8, tzinfo=UTC)
_LINK = "https://kernhub.example/gebeurtenissen/6f6bd1ce-2d5f-5c8e-9b5a-2f5f8b1f6d11"
_ASKED = (Reason(Relation.OPERATOR, "electricity", "GM0935"),)
_ONE_WORD = re.compile(r" *(\d+\. |[-:] |(\w+ ){0,2}\w+: +|(source|id) +)?\S+")
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


def _request(
    item: str, asker: str = "gm0935", kind: str = "question-raised", **changes: Any
) -> BundledRequest:
    told = event(kind, source=source_of(asker), **changes)
    return BundledRequest(item, told, asker, told.areas, _ASKED, f"https://kernhub.example/{asker}")


def _bundle(*requests: BundledRequest) -> MailText:
    return texts.bundle("enexis", requests, _NEXT_BUNDLE, REGISTER)


def _too_wide(mail: MailText) -> list[str]:
    """The lines that a mail program would break, but for a long word with what stands before it."""
    return [
        line
        for line in mail.body.splitlines()
        if len(line) > 78 and not _ONE_WORD.fullmatch(line) and not line.startswith("   id     ")
    ]


def _is_sound(mail: MailText) -> bool:
    return (
        mail.subject.splitlines() == [mail.subject]
        and mail.subject.startswith(f"[Kernhub] [TLP:{mail.tlp}] ")
        and mail.body.startswith(f"TLP:{mail.tlp} - ")
        and mail.body.endswith("LCMS.\n")
        and not _too_wide(mail)
    )


@pytest.mark.parametrize("kind", KINDS)
def test_each_type_is_told_with_label_title_and_reason(kind: str) -> None:
    mail = _immediate(kind, tlp="AMBER")
    data = event(kind).data
    title = next(getattr(data, name) for name in ("title", "text", "reason") if hasattr(data, name))
    assert mail.subject == f"[Kernhub] [TLP:AMBER] {_NAMES[kind]}: {title}"
    assert mail.body.startswith("TLP:AMBER - alleen voor uw eigen organisatie en wie het daar nodig heeft\n")
    assert f"\n{_NAMES[kind]}: {title}\n" in mail.body
    assert "\nWaarom krijgt u dit?\nU beheert Elektriciteit in Maastricht.\n" in mail.body
    assert "\nVan:           Gemeente Maastricht\n" in mail.body
    assert f"\nBekijk deze gebeurtenis: {_LINK}\n" in mail.body
    assert _is_sound(mail)


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
def test_any_event_makes_a_mail_with_a_subject_in_one_line_and_no_line_too_wide(
    told: Event, publisher: str, reasons: list[Reason]
) -> None:
    mail = texts.immediate(Told(told, publisher, reasons, _LINK), REGISTER)
    assert _is_sound(mail)
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
    assert not _too_wide(mail)
    assert f"  {word}" in mail.body.splitlines()


def test_what_an_event_leaves_out_has_no_empty_heading() -> None:
    body = _immediate("bottleneck-found", data={"location": None}).body
    assert "Plaats" not in body
    assert "\n\n\n" not in body


def _digest(*entries: Told, asked: tuple[OpenRequest, ...] = ()) -> MailText:
    return texts.digest(Part("pv31"), entries, asked, NOW, REGISTER)


def test_a_digest_numbers_its_items_and_has_each_once() -> None:
    links = [f"https://kernhub.example/{number}" for number in range(12)]
    kinds = [KINDS[number % len(KINDS)] for number in range(12)]
    mail = _digest(*(_told(event(kind), link) for kind, link in zip(kinds, links, strict=True)))
    assert re.findall(r"^(\d+)\. (.*?):", mail.body, re.M) == [
        (str(number), _NAMES[kind]) for number, kind in enumerate(kinds, 1)
    ]
    assert re.findall(r"^   Lees meer: +(\S+)$", mail.body, re.M) == links
    assert "\n12 berichten.\n" in mail.body
    assert mail.subject == "[Kernhub] [TLP:GREEN] Overzicht: 12 berichten"
    assert "\nOverzicht voor Provincie Limburg\nTot en met maandag 7 juni 2027, 08:00 uur\n" in mail.body


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
def test_any_digest_is_sound(
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
    assert _is_sound(texts.digest(Part("gm0935"), entries, asked, NOW, REGISTER))


def test_a_bundle_has_equal_questions_once_with_all_who_ask() -> None:
    mail = _bundle(
        _request("a", "gm0935", areas="GM0935"),
        _request("b", "gm0994", data={"text": "Waar staat het station?"}),
        _request("a", "gm0938", areas="GM0938", data={"needed_by": "2027-06-20"}),
    )
    assert mail.subject == "[Kernhub] [TLP:GREEN] Bundel: 2 vragen van 3 partijen"
    assert re.findall(r"^(\d+)\. Vraag gesteld: (.*)$", mail.body, re.M) == [
        ("1", "Hoe lang werkt de noodstroom van het station?"),
        ("2", "Waar staat het station?"),
    ]
    assert re.findall(r"^   - (.*)$", mail.body, re.M) == [
        "Gemeente Maastricht (Maastricht), nodig voor 1 juli 2027",
        "Gemeente Meerssen (Meerssen), nodig voor 20 juni 2027",
        "Gemeente Valkenburg aan de Geul (Maastricht), nodig voor 1 juli 2027",
    ]
    assert "samengevoegd uit 3 verzoeken" in " ".join(mail.body.split())
    assert _is_sound(mail)


def test_a_bundle_of_one_speaks_of_one() -> None:
    mail = _bundle(_request("a"))
    assert mail.subject == "[Kernhub] [TLP:GREEN] Bundel: 1 vraag van 1 partij"
    assert "1 vraag van 1 partij, samengevoegd uit 1 verzoek." in " ".join(mail.body.split())


def test_an_asker_with_other_words_is_read_in_lines_that_fit() -> None:
    mail = _bundle(_request("a"), _request("a", "gm0938", data={"text": "Hoe lang nog? " * 20}))
    assert "\n     Vraag: Hoe lang nog? Hoe lang" in mail.body
    assert _is_sound(mail)


def _depth(asker: str, text: str = "Welke stations vallen uit?", **parameters: str) -> BundledRequest:
    data = {"text": text, "standard_question": "stations-at-water-depth", "parameters": parameters}
    return _request("a", asker, areas=asker.upper(), data=data)


def test_a_standard_question_is_read_in_the_words_of_the_catalogue_with_its_table() -> None:
    mail = _bundle(_depth("gm0935", depth_cm="0100"), _depth("gm0938", depth_cm="100"))
    body = " ".join(mail.body.split())
    assert "1. Standaardvraag: Hoeveel stations en hoeveel aansluitingen in dit gebied" in body
    assert "als er overal 100 cm water op het maaiveld staat?" in body
    assert "Een regel per gebied, met: stations zonder stroom (aantal); zonder stroom in" in body
    assert "Label GREEN; 365 dagen geldig (data.valid_until)." in body
    assert "Een standaardvraag beantwoordt u met een tabel: een regel per gebied" in body
    assert body.count("In eigen woorden Welke stations vallen uit?") == 1, "what all say stands once"
    assert _is_sound(mail)


def test_who_asks_a_standard_question_in_other_words_is_read_with_those() -> None:
    catalogue = standard_text(_depth("gm0935").event) or ""
    mail = _bundle(_depth("gm0935", f"{catalogue.upper()}"), _depth("gm0938", "Ook in Bunde?"))
    assert re.findall(r"^     In eigen woorden: (.*)$", mail.body, re.M) == ["Ook in Bunde?"]
    assert _is_sound(mail)


def test_a_code_that_left_the_catalogue_is_read_in_the_words_of_its_asker() -> None:
    mail = _bundle(_request("a", data={"text": "Hoe hoog?", "standard_question": "left"}))
    assert "\n1. Vraag gesteld: Hoe hoog?\n" in mail.body
    assert "tabel" not in mail.body


def test_a_party_that_asks_two_things_is_one_party() -> None:
    mail = _bundle(_request("a"), _request("b", data={"text": "Waar staat het station?"}))
    assert mail.subject.endswith("Bundel: 2 vragen van 1 partij")


def test_a_bundle_says_how_to_answer_each_item_and_when_the_next_comes() -> None:
    mail = _bundle(_request("a", id="vraag-7"))
    assert f"\n   source {source_of('gm0935')}\n   id     vraag-7\n" in mail.body
    assert "Vraag beantwoord" in mail.body
    assert f"op zijn vroegst {wording.moment(_NEXT_BUNDLE)}." in " ".join(mail.body.split())


def test_an_operator_that_wants_no_bundles_is_promised_none() -> None:
    body = texts.bundle("enexis", [_request("a")], None, REGISTER).body
    assert "op zijn vroegst" not in body
    assert "Er is geen volgende bundel gepland" in body


def test_a_bundle_carries_the_strictest_label() -> None:
    mail = _bundle(_request("a"), _request("b", tlp="AMBER+STRICT"), _request("c", tlp="CLEAR"))
    assert mail.tlp is Tlp.AMBER_STRICT


def test_each_asker_has_an_own_date_and_the_question_none() -> None:
    for kind in REQUESTS:
        body = _bundle(_request("a", kind=kind)).body
        assert body.lower().count("nodig voor") == 1


@given(
    st.lists(
        st.tuples(st.sampled_from("abc"), events(REQUESTS), st.sampled_from(PARTIES)), min_size=1, max_size=6
    )
)
def test_any_bundle_is_sound_and_names_every_request_once(rows: list[tuple[str, Event, str]]) -> None:
    requests = [BundledRequest(item, told, asker, told.areas, _ASKED, _LINK) for item, told, asker in rows]
    mail = _bundle(*requests)
    assert _is_sound(mail)
    items = len({item for item, _, _ in rows})
    assert re.findall(r"^   Gevraagd door$", mail.body, re.M) == ["   Gevraagd door"] * items
    assert f" {items} vra" in mail.subject
    assert mail.tlp == max((told.tlp for _, told, _ in rows), key=list(Tlp).index)
