"""An event is judged among others as it is judged alone."""

import json
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from hub.intake.judging import Answer, Candidate, Checks
from hub.intake.outcome import Outcome
from hub.rules.scopes import SAYING, Scope
from hub.settings import Settings
from schemas.formats import batch
from schemas.strict_json import Read
from tests.events import attributes, source_of
from tests.registers import REGISTER, TODAY

_PARTY = "gm0935"
_ODD = st.sampled_from(
    [
        None,
        "",
        " ",
        "a\x00",
        "STG GEHEIM",
        "GM9999",
        "GM0363",
        "oil",
        "RED",
        "x" * 70_000,
        5,
        [],
        ["a"],
        {"a": 1},
    ]
) | st.sampled_from(
    [["enexis"], ["nobody"], source_of("enexis"), "111222333", "Één\u20ac", "zaak\u00e9", 1.5, True]
)
_NAMES = st.sampled_from(
    [
        "id",
        "source",
        "type",
        "time",
        "subject",
        "functions",
        "areas",
        "tlp",
        "data",
        "extra",
        "sequence",
        "Naam",
    ]
)
_INNER = st.sampled_from(["title", "description", "recipients", "severity", "found_on", "hazards", "extra"])


@st.composite
def _events(draw: st.DrawFn) -> dict[str, Any]:
    kind = draw(
        st.sampled_from(["bottleneck-found", "bottleneck-found", "question-raised", "knowledge-shared"])
    )
    event = attributes(kind, source=source_of(_PARTY), id=draw(st.sampled_from("abc")))
    event |= draw(st.dictionaries(_NAMES, _ODD, max_size=1))
    if isinstance(event["data"], dict):
        event["data"] = event["data"] | draw(st.dictionaries(_INNER, _ODD, max_size=1))
    return event


def _checks(scopes: Sequence[Scope] = tuple(SAYING)) -> Checks:
    return Checks(Settings(), _PARTY, scopes, REGISTER, TODAY + timedelta(days=1))


def _told(one: Candidate | Answer) -> object:
    return (*one, one.event()) if isinstance(one, Candidate) else one


@given(st.lists(_events(), min_size=1, max_size=6), st.sampled_from([tuple(SAYING), (Scope.ASK,)]))
def test_an_event_is_judged_among_others_as_alone(
    events: list[dict[str, Any]], scopes: Sequence[Scope]
) -> None:
    together = _checks(scopes)
    for read in batch(json.dumps(events).encode()):
        alone = _told(_checks(scopes).judge(Read(read.attributes)))
        assert _told(together.judge(read)) == alone
        assert _told(together.judge(read)) == alone


def test_after_one_event_the_next_of_the_same_kind_is_judged_by_what_it_says_itself() -> None:
    checks = _checks()
    first, *others = batch(
        json.dumps(
            [
                attributes("bottleneck-found", source=source_of(_PARTY)),
                attributes("bottleneck-found", source=source_of(_PARTY), subject="burger 111222333"),
                attributes("bottleneck-found", source=source_of(_PARTY), subject="STG GEHEIM"),
                attributes("bottleneck-found", source=source_of(_PARTY), areas="GM9999"),
                attributes("bottleneck-found", source=source_of("enexis")),
            ]
        ).encode()
    )
    assert isinstance(checks.judge(first), Candidate)
    judged = [checks.judge(one) for one in others]
    assert [one.outcome for one in judged if isinstance(one, Answer)] == [
        *[Outcome.INVALID] * 3,
        Outcome.NOT_YOURS,
    ]
