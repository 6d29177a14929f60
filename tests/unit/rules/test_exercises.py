"""An exercise reaches nobody who is real, and what is real nobody who only exercises: every kind of source to
every kind of party, over every way that is decided by a rule."""

from dataclasses import replace
from itertools import product
from uuid import UUID

import pytest

from hub.register.kinds import HUB
from hub.register.model import Party, Register
from hub.rules.admission import intake_problems
from hub.rules.asking import asked_operators
from hub.rules.exercises import EXERCISE, ONLY_EXERCISES, apart, apart_in_mail, is_hub_mute, is_real_party
from hub.rules.explaining import explained_for
from hub.rules.handing import Withheld, delivered, handing
from hub.rules.relations import Reason, Relation
from hub.rules.seeing import may_see, refusal, refusal_at_sending
from hub.rules.situations import may_have_sheet
from hub.rules.suggesting import one_reality
from schemas.catalogue import Request, parse
from schemas.envelope import is_exercise
from schemas.problems import Refused
from schemas.situation import SituationOpened
from tests.events import attributes, event
from tests.registers import REGISTER

REAL_OIN, TEST_OIN = "00000001123456780000", "00000099100009350000"
OTHER_OIN = "00000001876543210000"
SOURCES = {
    f"urn:nld:oin:{TEST_OIN}:systeem:zaken": True,
    f"urn:nld:oin:{REAL_OIN}:systeem:oefening": True,
    f"urn:nld:oin:{REAL_OIN}:systeem:oefening-bestanden": True,
    "urn:nld:kvknr:12345678:systeem:oefening.2027": True,
    f"urn:nld:oin:{REAL_OIN}:systeem:Oefening": True,
    f"urn:nld:oin:{REAL_OIN}:systeem:OEFENING_2026": True,
    f"urn:nld:oin:{REAL_OIN}:systeem:zaken": False,
    f"urn:nld:oin:{REAL_OIN}:systeem:oefeningen": False,
    f"urn:nld:oin:{REAL_OIN}:systeem:mijn-oefening": False,
    "urn:nld:kvknr:12345678:systeem:scada": False,
    "urn:nld:kvknr:00000099:systeem:scada": False,
}
PARTIES = {
    "test": ({}, False),
    "real": ({"oin": OTHER_OIN}, True),
    "company": ({"oin": "", "kvk": "87654321"}, True),
    "test-and-company": ({"kvk": "87654321"}, True),
}
TEST_HUB: dict[str, str] = {}
MAILBOXES = ("zaken@postbus.example", "zaken@enexis.nl")
REASONS = [Reason(Relation.NAMED)]
DELIVERY = UUID(int=1)


def _register(numbers: dict[str, str], mailbox: str = MAILBOXES[0]) -> tuple[Register, Party]:
    party = replace(REGISTER.parties["enexis"], mailbox=mailbox, **numbers)
    return replace(REGISTER, parties={**REGISTER.parties, "enexis": party}), party


@pytest.mark.parametrize("source", SOURCES)
def test_a_source_says_whether_it_is_for_exercises(source: str) -> None:
    assert is_exercise(source) is SOURCES[source]


@pytest.mark.parametrize(("source", "kind", "mailbox"), [*product(SOURCES, PARTIES, MAILBOXES)])
def test_exercise_and_real_never_meet_over_any_way(source: str, kind: str, mailbox: str) -> None:
    numbers, is_real = PARTIES[kind]
    register, party = _register(numbers, mailbox)
    exercise = SOURCES[source]
    why = None if exercise is not is_real else EXERCISE if exercise else ONLY_EXERCISES
    told = event("bottleneck-found").model_copy(update={"source": source})
    assert is_real_party(party) is is_real
    assert apart(source, party) == why
    # Webhook, pull, topic, feed and replay; pages, lists and suggestions of the API.
    reasons = [("named",)]
    found = handing(told, "enexis", reasons, [], register)
    assert found == (Withheld(why) if why else tuple(REASONS))
    assert refusal(told, "enexis", REASONS, register) == why
    assert may_see("enexis", "gm0935", told, REASONS, register) is (why is None)
    assert one_reality(source, "enexis", register) is (why is None)
    # Mail: a test party may have somebody's mailbox by mistake.
    by_mail = why or (EXERCISE if exercise and mailbox == MAILBOXES[1] else None)
    assert refusal_at_sending(told, "enexis", REASONS, register) == by_mail
    assert apart_in_mail(source, party) == by_mail
    # Questions and crisis sheets.
    asked = event("question-raised").model_copy(update={"source": source})
    assert isinstance(asked, Request)
    assert ("enexis" in {one.operator for one in asked_operators(asked, register)}) is (why is None)
    opened = event("situation-opened").model_copy(update={"source": source})
    assert isinstance(opened, SituationOpened)
    assert may_have_sheet(opened, "enexis", register) is (why is None)
    # And whoever asks beforehand hears the same.
    if why:
        assert explained_for("enexis", told, register).why_not == why


@pytest.mark.parametrize("source", SOURCES)
def test_what_is_delivered_of_an_exercise_is_marked(source: str) -> None:
    content = attributes("bottleneck-found", source=source)
    made = delivered(content, DELIVERY, "mail", REASONS)
    assert made.get("exercise") == ("true" if SOURCES[source] else None)


def test_an_event_may_say_that_it_is_an_exercise_when_its_source_does() -> None:
    for source, exercise in SOURCES.items():
        for mark in ("true", True):
            content = attributes("bottleneck-found", source=source, exercise=mark)
            if exercise:
                assert parse(content).source == source
            else:
                with pytest.raises(Refused, match="exercise") as refused:
                    parse(content)
                assert [(one.field, one.code) for one in refused.value.problems] == [
                    ("exercise", "exercise_source")
                ]


@pytest.mark.parametrize("mark", ["false", False, "ja", 1, ""])
def test_a_mark_that_says_something_else_is_refused(mark: object) -> None:
    with pytest.raises(Refused) as refused:
        parse(attributes("bottleneck-found", exercise=mark))
    assert [one.field for one in refused.value.problems] == ["exercise"]


def test_an_exercise_that_asks_who_is_real_is_refused_with_a_reason() -> None:
    register, _ = _register({"oin": REAL_OIN})
    asked = event("question-raised", data={"asked": ["enexis"]})
    found = {(problem.field, problem.code) for problem in intake_problems(asked, register)}
    assert ("data/asked/0", "asked_exercise") in found


def test_a_name_that_both_kinds_of_party_had_would_be_no_way_around() -> None:
    """Of one organisation, the exercise under its real number is not even its own to receive."""
    register, party = _register({"oin": REAL_OIN})
    own = event("bottleneck-found").model_copy(update={"source": f"urn:nld:oin:{REAL_OIN}:systeem:oefening"})
    assert apart(own.source, party) == EXERCISE
    assert may_see("enexis", "enexis", own, None, register)


@pytest.mark.parametrize("hub", [TEST_HUB, {"oin": OTHER_OIN}])
@pytest.mark.parametrize("kind", PARTIES)
def test_a_hub_with_a_number_for_tests_is_mute_to_who_is_real(kind: str, hub: dict[str, str]) -> None:
    numbers, is_real = PARTIES[kind]
    register, _ = _register(numbers)
    register = replace(register, parties={**register.parties, HUB: replace(register.parties[HUB], **hub)})
    assert is_hub_mute(register) is (is_real and hub == TEST_HUB)
    parties = {slug: party for slug, party in register.parties.items() if slug != HUB}
    assert not is_hub_mute(replace(register, parties=parties))
