"""The mail of a bundle as its operator reads it."""

import re
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
import vobject
from hypothesis import given
from hypothesis import strategies as st

from connectors.mailbox.asked import BundledRequest, grouped
from connectors.mailbox.bundle import Hurry, text
from connectors.mailbox.texts import MailText
from consumers.mail.invited import calendar_of_requests
from hub.rules.relations import Reason, Relation
from hub.rules.throttle.load import Pace
from hub.store.throttle.numbers import Numbers
from hub.words import wording
from hub.words.standard_facts import standard_text
from schemas.catalogue import Event
from schemas.terms import Tlp
from tests.events import REQUESTS, event, source_of
from tests.registers import REGISTER
from tests.unit.mailbox.sound import is_sound
from tests.unit.strategies import PARTIES, events

_NEXT_BUNDLE = datetime(2027, 7, 6, 8, tzinfo=UTC)
_PACE = Pace(sent=2, bundles=2, window=4, asked=496, contacts=24)
_LINK = "https://kernhub.example/gebeurtenissen/6f6bd1ce-2d5f-5c8e-9b5a-2f5f8b1f6d11"
_ASKED = (Reason(Relation.OPERATOR, "electricity", "GM0935"),)


def _request(
    item: str, asker: str = "gm0935", kind: str = "question-raised", **changes: Any
) -> BundledRequest:
    told = event(kind, source=source_of(asker), **changes)
    link = f"https://kernhub.example/{asker}"
    return BundledRequest(_key(item), told.functions, told, asker, told.areas, _ASKED, link)


def _key(item: str) -> UUID:
    return UUID(int=ord(item))


def _bundle(
    *requests: BundledRequest,
    following: datetime | None = _NEXT_BUNDLE,
    hurry: Hurry | None = None,
    pace: Pace = _PACE,
) -> MailText:
    numbers = Numbers(24, {item: at for at, item in enumerate(grouped(requests, REGISTER), start=1)})
    return text("enexis", requests, numbers, following, pace, REGISTER, hurry)


def test_a_bundle_has_equal_questions_once_with_all_who_ask() -> None:
    mail = _bundle(
        _request("a", "gm0935", areas="GM0935"),
        _request("b", "gm0994", data={"text": "Waar staat het station?"}),
        _request("a", "gm0938", areas="GM0938", data={"needed_by": "2027-06-20"}),
    )
    assert mail.subject == "[Kernhub] [TLP:GREEN] Bundel 24: 2 vragen van 3 partijen"
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
    assert is_sound(mail)


def test_what_a_bundle_invites_to_is_a_calendar() -> None:
    asked = [_request("a", kind="participation-requested"), _request("b")]
    read = vobject.readOne(calendar_of_requests(asked, "hub@hub.example", REGISTER))
    assert [one.status.value for one in read.vevent_list] == ["TENTATIVE"]
    assert calendar_of_requests(asked[1:], "hub@hub.example", REGISTER) is None


def test_a_bundle_of_one_speaks_of_one() -> None:
    mail = _bundle(_request("a"))
    assert mail.subject == "[Kernhub] [TLP:GREEN] Bundel 24: 1 vraag van 1 partij"
    assert "1 vraag van 1 partij, samengevoegd uit 1 verzoek." in " ".join(mail.body.split())


def test_an_asker_with_other_words_is_read_in_lines_that_fit() -> None:
    mail = _bundle(_request("a"), _request("a", "gm0938", data={"text": "Hoe lang nog? " * 20}))
    assert "\n     Vraag: Hoe lang nog? Hoe lang" in mail.body
    assert is_sound(mail)


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
    assert is_sound(mail)


def test_who_asks_a_standard_question_in_other_words_is_read_with_those() -> None:
    catalogue = standard_text(_depth("gm0935").event) or ""
    mail = _bundle(_depth("gm0935", f"{catalogue.upper()}"), _depth("gm0938", "Ook in Bunde?"))
    assert re.findall(r"^     In eigen woorden: (.*)$", mail.body, re.M) == ["Ook in Bunde?"]
    assert is_sound(mail)


def test_a_code_that_left_the_catalogue_is_read_in_the_words_of_its_asker() -> None:
    mail = _bundle(_request("a", data={"text": "Hoe hoog?", "standard_question": "left"}))
    assert "\n1. Vraag gesteld: Hoe hoog?\n" in mail.body
    assert "tabel" not in mail.body


def test_a_party_that_asks_two_things_is_one_party() -> None:
    mail = _bundle(_request("a"), _request("b", data={"text": "Waar staat het station?"}))
    assert mail.subject.endswith("Bundel 24: 2 vragen van 1 partij")


def test_a_bundle_says_how_to_answer_each_item_and_when_the_next_comes() -> None:
    mail = _bundle(_request("a", id="vraag-7"))
    assert f"\n   source {source_of('gm0935')}\n   id     vraag-7\n" in mail.body
    assert "Vraag beantwoord" in mail.body
    assert f"op zijn vroegst {wording.moment(_NEXT_BUNDLE)}." in " ".join(mail.body.split())


def test_a_bundle_says_what_it_is_of_the_budget_and_what_a_year_came_to() -> None:
    said = " ".join(_bundle(_request("a")).body.split())
    assert "Dit is bundel 2 van hoogstens 2 in 4 weken." in said
    assert "In een jaar is u 496 keer iets gevraagd; u kreeg daarover, met dit, 24 keer bericht." in said
    assert "hoogstens 1 in een week." in _bundle(_request("a"), pace=Pace(1, 1, 1, 3, 1)).body


@pytest.mark.parametrize("changes", [{"hurry": Hurry.URGENT}, {"pace": _PACE._replace(sent=3)}])
def test_what_is_beside_the_budget_is_not_counted_in_it(changes: dict[str, Any]) -> None:
    assert "van hoogstens" not in _bundle(_request("a"), **changes).body


def test_an_operator_that_wants_no_bundles_is_promised_none() -> None:
    body = _bundle(_request("a"), following=None).body
    assert "op zijn vroegst" not in body
    assert "Er is geen volgende bundel gepland" in " ".join(body.split())


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
def test_any_bundleis_sound_and_names_every_request_once(rows: list[tuple[str, Event, str]]) -> None:
    requests = [
        BundledRequest(_key(item), told.functions, told, asker, told.areas, _ASKED, _LINK)
        for item, told, asker in rows
    ]
    mail = _bundle(*requests)
    assert is_sound(mail)
    items = len({item for item, _, _ in rows})
    assert re.findall(r"^   Gevraagd door$", mail.body, re.M) == ["   Gevraagd door"] * items
    assert f" {items} vra" in mail.subject
    assert mail.tlp == max((told.tlp for _, told, _ in rows), key=list(Tlp).index)
