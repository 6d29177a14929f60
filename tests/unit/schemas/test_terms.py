"""The words of events: moments, days, texts, numbers and links, at their edges."""

from datetime import UTC, date, datetime
from typing import Any

import pytest

from hub.rules.moments import AMSTERDAM
from schemas.catalogue import parse
from schemas.problems import Refused
from tests.events import attributes, event


def _codes(kind: str = "bottleneck-found", **changes: Any) -> dict[str, str]:
    with pytest.raises(Refused) as refused:
        parse(attributes(kind, **changes))
    return {problem.field: problem.code for problem in refused.value.problems}


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2027-06-01T10:00:00Z", datetime(2027, 6, 1, 10, tzinfo=UTC)),
        ("2027-06-01t12:00:00.5+02:00", datetime(2027, 6, 1, 10, 0, 0, 500_000, UTC)),
        ("2024-02-29T00:00:00-05:30", datetime(2024, 2, 29, 5, 30, tzinfo=UTC)),
    ],
)
def test_a_moment_is_rfc_3339(text: str, moment: datetime) -> None:
    assert event("bottleneck-found", time=text).time == moment


@pytest.mark.parametrize(
    "text",
    [
        "2027-06-01",
        "2027-06-01T10:00:00",
        "2027-06-01 10:00:00Z",
        "2027-06-01T10:00Z",
        "1780000000",
        "20270601T100000Z",
        1780000000,
        True,
    ],
)
def test_another_way_to_write_a_moment_is_refused(text: Any) -> None:
    assert _codes(time=text) == {"time": "rfc3339"}


@pytest.mark.parametrize(
    "text",
    ["2027-02-29T10:00:00Z", "2027-13-01T10:00:00Z", "2027-06-01T25:00:00Z", "2027-06-01T10:00:00+99:00"],
)
def test_a_moment_that_never_was_is_refused(text: str) -> None:
    with pytest.raises(Refused, match="is geen bestaand moment"):
        parse(attributes("bottleneck-found", time=text))


@pytest.mark.parametrize(
    "text",
    ["9999-12-31T23:59:59-01:00", "9998-01-01T00:00:00Z", "2200-01-01T00:00:00Z", "1899-12-31T23:59:59Z"],
)
def test_a_moment_of_another_time_is_refused(text: str) -> None:
    assert _codes(time=text) == {"time": "moment_range"}


@pytest.mark.parametrize("text", ["1900-01-01T00:00:00+14:00", "2199-12-31T23:59:59-12:00"])
def test_every_moment_can_be_told_on_dutch_clocks(text: str) -> None:
    assert event("bottleneck-found", time=text).time.astimezone(AMSTERDAM)


def test_a_day_is_a_date_that_exists() -> None:
    assert event("bottleneck-found").data.found_on == date(2027, 6, 1)  # type: ignore[union-attr]
    for wrong in ("1-6-2027", "2027-06-01T00:00:00Z", 20270601, True):
        assert _codes(data={"found_on": wrong}) == {"data/found_on": "day"}
    with pytest.raises(Refused, match="is geen bestaande datum"):
        parse(attributes("bottleneck-found", data={"found_on": "2027-02-29"}))


@pytest.mark.parametrize("character", ["\x00", "\x07", "\r", "\x1b", "\x85", "\u2028", "\u202e", "\u2066"])
def test_text_has_no_characters_that_can_not_be_read(character: str) -> None:
    problems = _codes(id=f"a{character}b", data={"title": f"a{character}b", "description": f"a{character}b"})
    assert problems == dict.fromkeys(["id", "data/title", "data/description"], "control_character")


def test_a_text_may_have_lines_and_a_title_may_not() -> None:
    told = event("bottleneck-found", data={"description": "een\n\ttwee"})
    assert told.data.description == "een\n\ttwee"  # type: ignore[union-attr]
    for break_ in ("\n", "\t"):
        assert _codes(data={"title": f"a{break_}b"}) == {"data/title": "one_line"}


@pytest.mark.parametrize("blank", [" ", "\u00a0", "\u2003 "])
def test_blanks_are_no_text(blank: str) -> None:
    assert _codes(data={"title": blank, "description": blank}) == {
        "data/title": "blank",
        "data/description": "blank",
    }


def test_texts_have_a_measure() -> None:
    assert event("bottleneck-found", data={"title": "x" * 200, "description": "x" * 20_000})
    assert _codes(data={"title": "x" * 201, "description": "x" * 20_001}) == {
        "data/title": "string_too_long",
        "data/description": "string_too_long",
    }


@pytest.mark.parametrize("subject", ["123456782", "zaak 111222333", "x123456782x"])
def test_a_subject_that_holds_a_citizen_number_is_refused(subject: str) -> None:
    assert _codes(subject=subject) == {"subject": "personal_data"}


@pytest.mark.parametrize("subject", ["123456789", "1234567820", "Z-2027-0001", "12345678"])
def test_other_numbers_may_stand_in_a_subject(subject: str) -> None:
    assert event("bottleneck-found", subject=subject).subject == subject


@pytest.mark.parametrize(
    "link", ["ftp://a.nl", "javascript:alert(1)", "https://a b", "https://a\n", "//a", 'http://"']
)
def test_a_link_is_a_web_address(link: str) -> None:
    assert set(_codes("knowledge-shared", data={"link": link})) == {"data/link"}


@pytest.mark.parametrize("slug", ["Enexis", "gm 0935", "-a", "a--b", "a_b", "", "x" * 81])
def test_a_party_is_named_by_its_slug(slug: str) -> None:
    assert set(_codes(data={"recipients": [slug]})) == {"data/recipients/0"}


@pytest.mark.parametrize("number", [-1, 100_001, 1.0, "5", True])
def test_a_number_is_whole_and_within_reason(number: Any) -> None:
    assert set(_codes("impact-analysis-published", data={"outage_hours": number})) == {"data/outage_hours"}


def test_a_list_has_a_measure() -> None:
    assert _codes(data={"recipients": ["wml"] * 501}) == {"data/recipients": "too_long"}
    assert _codes(data={"hazards": []}) == {"data/hazards": "too_short"}
    assert _codes("question-raised", data={"asked": ["wml"] * 101}) == {"data/asked": "too_long"}


def test_the_parameters_of_a_standard_question_are_lines_by_name() -> None:
    many = {str(n): "x" for n in range(11)}
    assert _codes("question-raised", data={"parameters": many}) == {"data/parameters": "too_long"}
    assert set(_codes("question-raised", data={"parameters": {"a": "b\nc"}})) == {"data/parameters/a"}
    assert "control_character" in _codes("question-raised", data={"parameters": {"\x00": "a"}}).values()
