import pytest

from connectors.web.filters import areas_named, event_filter, mail_filter, parties_named, party_filter
from hub.register.model import Register
from hub.store.views.events import EventFilter
from hub.store.views.mails import MailFilter
from tests.registers import REGISTER


@pytest.fixture(scope="module")
def register() -> Register:
    return REGISTER


def test_no_query_is_no_filter(register: Register) -> None:
    assert event_filter({}, register) == (EventFilter(), [])
    assert mail_filter({"partij": "  "}, register) == (MailFilter(), [])


def test_a_filter_finds_what_it_names(register: Register) -> None:
    query = {"functie": "electricity", "soort": "bottleneck-found", "tlp": "AMBER+STRICT", "partij": "enexis"}
    wanted, notices = event_filter(query, register)
    assert wanted == EventFilter(
        "electricity", "nl.vitale-functies.bottleneck.found.v1", None, ["enexis"], "AMBER+STRICT"
    )
    assert notices == []


def test_an_area_brings_the_areas_that_it_touches(register: Register) -> None:
    wanted, _ = event_filter({"gebied": "maastricht"}, register)
    assert wanted.areas is not None
    assert {"GM0935", "PV31", "NL"} <= set(wanted.areas)
    assert "GM0363" not in wanted.areas


@pytest.mark.parametrize("text", ["GM0935", "gm0935", " Maastricht ", "MAASTRICHT"])
def test_an_area_is_found_by_code_and_by_name(register: Register, text: str) -> None:
    assert areas_named(text, register) == ["GM0935"]


@pytest.mark.parametrize("name", ["functie", "soort", "tlp", "gebied", "partij"])
@pytest.mark.parametrize("value", ["bestaat-niet", "%", "_", "'; --", "\x00", "<script>"])
def test_an_unknown_value_is_left_out_with_a_notice(register: Register, name: str, value: str) -> None:
    wanted, notices = event_filter({name: value}, register)
    assert wanted == EventFilter()
    assert len(notices) == 1


def test_a_notice_does_not_repeat_a_whole_book(register: Register) -> None:
    _, notices = event_filter({"gebied": "x" * 10_000}, register)
    assert len(notices[0]) < 200


def test_a_party_is_found_by_part_of_its_name(register: Register) -> None:
    assert [party.slug for party in parties_named("provincie limb", register)] == ["pv31"]
    assert len(parties_named("", register)) == len(register.parties)


def test_parties_are_listed_by_name_and_kind(register: Register) -> None:
    found, notices = party_filter({"naam": "limburg", "soort": "province"}, register)
    assert [party.slug for party in found] == ["pv31"]
    assert notices == []
    every, notices = party_filter({"soort": "buurthuis"}, register)
    assert len(every) == len(register.parties)
    assert len(notices) == 1


def test_mails_are_found_by_kind_and_state(register: Register) -> None:
    wanted, notices = mail_filter({"soort": "digest", "stand": "sent", "partij": "gm0935"}, register)
    assert wanted == MailFilter(["gm0935"], "digest", "sent")
    assert notices == []
