"""The hub tells an asker of each step of its request: once, with its label, never of exercise as real."""

from datetime import UTC, datetime, timedelta

from hypothesis import given

from hub.rules.admission import admission
from hub.rules.progress import Step, progress
from schemas.catalogue import Request, parse
from tests.events import REQUESTS, event
from tests.registers import REGISTER
from tests.unit.strategies import events

NOW = datetime(2027, 6, 1, 8, tzinfo=UTC)
HALF_WAY = Step("enexis", "half-way", expected_by=NOW)


def _request(**changes: object) -> Request:
    made = event("question-raised", **changes)
    assert isinstance(made, Request)
    return made


@given(events(REQUESTS))
def test_what_the_hub_tells_may_come_in_with_the_label_of_the_request(request: Request) -> None:
    (told,) = progress(request, HALF_WAY, ["gm0935"], "Een vraag", REGISTER, NOW)
    made = parse(told)
    assert admission(made, REGISTER) == []
    assert (made.tlp, made.functions, made.areas) == (request.tlp, request.functions, request.areas)
    assert made.data.recipients == ("gm0935",)


def test_the_same_step_is_the_same_event_whenever_it_is_told() -> None:
    request = _request()
    first, later = (
        progress(request, HALF_WAY, ["gm0935"], "Een vraag", REGISTER, NOW + timedelta(days=days))[0]["id"]
        for days in (0, 3)
    )
    assert first == later
    others = {
        progress(request, step, ["gm0935"], "Een vraag", REGISTER, NOW)[0]["id"]
        for step in (HALF_WAY, Step("enexis", "expired"), Step("tennet", "half-way"))
    }
    assert len(others) == 3


def test_nobody_left_to_tell_is_no_event() -> None:
    assert progress(_request(), HALF_WAY, ["nergens"], "Een vraag", REGISTER, NOW) == []
    (told,) = progress(_request(), HALF_WAY, ["gm0935", "nergens", "gm0935"], "Een vraag", REGISTER, NOW)
    assert told["data"]["recipients"] == ["gm0935"]
