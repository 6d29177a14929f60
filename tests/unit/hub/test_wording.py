"""The Dutch of mails and pages: every label, reason and state has words."""

import re
from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from sqlalchemy import CheckConstraint

from hub.rules.placing import Place
from hub.rules.relations import Reason, Relation
from hub.rules.throttle.forecast import Why
from hub.rules.throttle.slots import Slots
from hub.rules.throttle.standing import Leaves
from hub.store import tables
from hub.words import wording
from hub.words.answer_facts import area_names
from hub.words.language import is_dutch
from schemas.catalogue import Event
from schemas.terms import Tlp
from tests.events import KINDS, event
from tests.registers import REGISTER
from tests.unit.strategies import events


def test_every_label_says_who_may_know() -> None:
    assert set(wording.TLP_MEANING) == set(Tlp)
    assert len(set(wording.TLP_MEANING.values())) == len(Tlp)


@pytest.mark.parametrize("relation", Relation)
def test_every_relation_is_a_reason_in_words(relation: Relation) -> None:
    told = wording.why([Reason(relation, "electricity", "GM0935")], REGISTER)
    assert told
    assert not {"{", "}", "electricity", "GM0935", str(relation)} & set(told.split())


@pytest.mark.parametrize(
    ("relation", "area", "told"),
    [
        (Relation.PROVINCE, "PV31", "het gaat over uw provincie (Limburg)"),
        (Relation.PROVINCE, "GM0935", "het gaat over uw provincie (Maastricht)"),
        (Relation.PROVINCE, "NL", "het gaat over Nederland, en dus ook over uw provincie"),
        (Relation.MUNICIPALITY, "PV31", "het gaat over provincie Limburg, en dus ook over uw gemeente"),
    ],
)
def test_an_area_that_is_wider_than_that_of_the_party_is_not_called_its_own(
    relation: Relation, area: str, told: str
) -> None:
    assert wording.why([Reason(relation, None, area)], REGISTER) == told


def test_several_reasons_are_one_sentence_and_equal_ones_are_said_once() -> None:
    reasons = [
        Reason(Relation.OPERATOR, "electricity", "GM0935"),
        Reason(Relation.OPERATOR, "electricity", "GM0935"),
        Reason(Relation.NAMED),
    ]
    assert wording.why(reasons, REGISTER) == (
        "u beheert Elektriciteit in Maastricht; de afzender noemt u als ontvanger"
    )


def test_every_place_of_a_request_has_words() -> None:
    assert {str(place) for place in Place} - {"new"} <= set(wording.REQUEST_STATES)
    assert set(wording.ITEM_STATES) <= set(wording.REQUEST_STATES)


@pytest.mark.parametrize(
    ("moment", "told"),
    [
        (datetime(2027, 3, 2, 9, tzinfo=UTC), "dinsdag 2 maart 2027, 10:00 uur"),
        (datetime(2027, 7, 1, 22, 30, tzinfo=UTC), "vrijdag 2 juli 2027, 00:30 uur"),
        (datetime(2026, 12, 31, 23, tzinfo=UTC), "vrijdag 1 januari 2027, 00:00 uur"),
        (Slots().moment(0), "dinsdag 6 januari 1970, 10:00 uur"),
    ],
)
def test_moments_are_told_on_dutch_clocks(moment: datetime, told: str) -> None:
    assert wording.moment(moment) == told


def test_every_month_has_its_name() -> None:
    told = [wording.day(date(2027, month, 1)) for month in range(1, 13)]
    assert (told[0], told[2], told[11]) == ("1 januari 2027", "1 maart 2027", "1 december 2027")
    assert len(set(told)) == 12


@pytest.mark.parametrize(
    ("code", "name"),
    [
        ("GM0935", "Maastricht"),
        ("PV31", "provincie Limburg"),
        ("VR24", "veiligheidsregio Zuid-Limburg"),
        ("WS0665", "Waterschap Limburg"),
        ("NL", "Nederland"),
        ("GM9999", "GM9999"),
    ],
)
def test_areas_are_told_apart_by_name(code: str, name: str) -> None:
    assert wording.area_name(code, REGISTER) == name


def test_an_area_may_be_called_by_its_code_and_as_it_is_told_in_either_language() -> None:
    assert area_names("PV31", REGISTER) == {"PV31", "provincie Limburg", "the province of Limburg"}
    assert area_names("GM0935", REGISTER) == {"GM0935", "Maastricht"}
    assert is_dutch()


def test_what_the_register_does_not_know_is_told_as_it_is() -> None:
    assert wording.party_name("weg", REGISTER) == "weg"
    assert wording.function_name("weg", REGISTER) == "weg"
    assert wording.party_name("enexis", REGISTER) == "Enexis Netbeheer"


def test_every_type_has_a_name_of_its_own() -> None:
    names = {wording.type_name(event(kind)) for kind in KINDS}
    assert len(names) == len(KINDS)
    assert {"Stresstest afgerond", "Vraag gesteld"} <= names


@given(events())
def test_a_title_is_one_line_of_limited_length(told: Event) -> None:
    title = wording.title(told)
    assert 0 < len(title) <= 90
    assert title.splitlines() == [title]
    named = (getattr(told.data, name, None) for name in ("title", "text", "reason"))
    full = " ".join(next((text for text in named if text), told.subject).split())
    assert title == full or (title.endswith("…") and full.startswith(title[:-1]))


@pytest.mark.parametrize("why", Why)
def test_who_waits_always_reads_why(why: Why) -> None:
    told = wording.leaves(Leaves(Slots().moment(0), why))
    assert told.startswith("Gaat uiterlijk dinsdag 6 januari 1970, 10:00 uur naar de beheerder, als er niets")
    assert str(why) not in told
    assert wording.leaves(Leaves(None, why)).rpartition(": ")[2] == told.rpartition(": ")[2]


def test_each_reason_to_wait_reads_otherwise() -> None:
    assert len({wording.leaves(Leaves(None, why)) for why in Why}) == len(Why)


def test_every_state_that_a_row_may_have_is_told_in_words() -> None:
    for table, words in ((tables.request, wording.REQUEST_STATES), (tables.item, wording.ITEM_STATES)):
        (check,) = (
            c for c in table.constraints if isinstance(c, CheckConstraint) and "state" in str(c.sqltext)
        )
        assert set(re.findall(r"'([a-z-]+)'", str(check.sqltext))) == set(words)
