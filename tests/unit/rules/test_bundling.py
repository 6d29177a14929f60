"""What an operator's systems hear of a bundle: all of it, in events that are small enough, nobody else."""

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

import pytest

from hub.register.history import Kind
from hub.register.kinds import HUB, Wish
from hub.register.model import Subscription
from hub.rules.bundling import Asked, Bundled, bundle_released
from hub.rules.identity import canonical
from hub.rules.policy import Mode
from hub.rules.recipients import recipients
from hub.rules.relations import Reason, Relation
from hub.rules.seeing import IN_ITS_BUNDLE, refusal, refusal_at_sending
from schemas.bundle import BundleReleased
from schemas.catalogue import parse
from schemas.envelope import EventRef
from schemas.terms import Tlp
from tests.events import event, source_of
from tests.registers import HISTORY, REGISTER, TODAY, with_facts

REAL_OIN = "00000001123456780000"
_NOW = datetime(2027, 7, 6, 8, tzinfo=UTC)
_BUNDLE = Bundled(UUID(int=1), "enexis", 24, "routine", _NOW)


def _asked(number: int, text: str = "Wanneer valt het station uit?", **changes: Any) -> Asked:
    reference = EventRef(source=source_of("gm0935"), id=f"v{number}")
    asked = Asked(
        number, reference, event("question-raised").data, text, ["electricity"], ["GM0935"], None, Tlp.GREEN
    )
    return asked._replace(**changes)


def _released(*asked: Asked, bundle: Bundled = _BUNDLE, register: Any = REGISTER) -> list[BundleReleased]:
    found = [parse(content) for content in bundle_released(bundle, asked, register, _NOW)]
    assert all(isinstance(one, BundleReleased) for one in found)
    return found  # type: ignore[return-value]


def test_each_question_has_its_number_text_day_and_key_in_the_order_of_the_mail() -> None:
    late = _asked(2, "Hoe lang?", needed_by=date(2027, 9, 1), areas=["GM0994"])
    (told,) = _released(late, _asked(1))
    assert [(one.number, one.text, one.needed_by, one.request.id) for one in told.data.questions] == [
        (1, "Wanneer valt het station uit?", None, "v1"),
        (2, "Hoe lang?", date(2027, 9, 1), "v2"),
    ]
    assert (told.areas, told.data.bundle, told.data.kind) == (("GM0935", "GM0994"), 24, "routine")
    assert told.data.title == "Bundel 24: 2 vragen"


def test_it_reaches_its_operator_alone_whoever_is_subscribed_or_has_a_role() -> None:
    register = replace(REGISTER, subscriptions=(Subscription("gm0935", "alles", Wish.IMMEDIATE),))
    (told,) = _released(_asked(1), register=register)
    assert told.tlp is Tlp.AMBER_STRICT
    assert [(one.party, one.mode) for one in recipients(told, register)] == [("enexis", Mode.IMMEDIATE)]


@pytest.mark.parametrize(
    ("clearance", "asked", "label"), [("GREEN", "GREEN", "GREEN"), ("RED", "RED", "RED")]
)
def test_it_has_the_most_closed_label_that_its_operator_may_read(
    clearance: str, asked: str, label: str
) -> None:
    register = with_facts(HISTORY, Kind.PARTY, "enexis", clearance=Tlp(clearance)).on(TODAY)
    (told,) = _released(_asked(1, tlp=Tlp(asked)), register=register)
    assert told.tlp == label
    assert [one.party for one in recipients(told, register)] == ["enexis"]


def test_it_is_for_systems_and_never_mailed() -> None:
    (told,) = _released(_asked(1))
    named = [Reason(Relation.NAMED)]
    assert refusal(told, "enexis", named, REGISTER) is None
    assert refusal_at_sending(told, "enexis", named, REGISTER) == IN_ITS_BUNDLE


def test_a_bundle_that_is_too_large_comes_in_parts_that_together_say_all() -> None:
    asked = [_asked(number, "é" * 20_000) for number in range(1, 101)]
    parts = _released(*asked)
    assert [one.number for part in parts for one in part.data.questions] == list(range(1, 101))
    assert [(part.data.part, part.data.parts) for part in parts] == [
        (n, len(parts)) for n in range(1, len(parts) + 1)
    ]
    assert len({part.id for part in parts}) == len(parts) > 1
    contents = bundle_released(_BUNDLE, asked, REGISTER, _NOW)
    assert max(len(canonical(content)) for content in contents) < 64 * 1024
    assert {(len(one.text), one.text[-1]) for part in parts for one in part.data.questions} == {(4_000, "…")}


def test_the_same_bundle_is_the_same_event_and_an_empty_one_is_none() -> None:
    assert [one.id for one in _released(_asked(1))] == [one.id for one in _released(_asked(1), _asked(2))]
    assert _released() == []


def test_what_is_real_is_not_told_in_the_name_of_a_hub_that_only_exercises() -> None:
    real = EventRef(source=f"urn:nld:oin:{REAL_OIN}:systeem:zaken", id="v1")
    assert _released(_asked(1, request=real)) == []
    register = with_facts(HISTORY, Kind.PARTY, HUB, oin=REAL_OIN).on(TODAY)
    (told,) = _released(_asked(1, request=real), register=register)
    assert told.source.endswith(":systeem:kernhub")
