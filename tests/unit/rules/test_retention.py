"""How long the content of an event is kept, by the sheet of the administrator."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.rules.retention import ALWAYS, ANY, Term, cutoffs, months, terms_in
from schemas.catalogue import CATALOGUE
from schemas.problems import Refused
from schemas.terms import Tlp

NOW = datetime(2027, 6, 1, tzinfo=UTC)
SHEET = "\ufeffsoort;label;dagen\r\nquestion-raised;red;30\r\n\r\nquestion-raised;*;altijd\r\n*;*;365\r\n"
_TYPES = {row.short: row.type for row in CATALOGUE}


def test_the_first_row_that_fits_counts() -> None:
    found = {(one.type, one.tlp): one.before for one in cutoffs(terms_in(SHEET.encode()), NOW)}
    question = _TYPES["question-raised"]
    assert found[question, "RED"] == NOW - timedelta(days=30)
    assert (question, "GREEN") not in found
    assert found[_TYPES["bottleneck-found"], "RED"] == NOW - timedelta(days=365)
    assert len(found) == (len(_TYPES) - 1) * len(Tlp) + 1


def test_without_a_row_everything_is_kept() -> None:
    assert cutoffs(terms_in(b"soort;label;dagen\n"), NOW) == []


@given(
    st.lists(
        st.builds(
            Term,
            st.sampled_from([ANY, *_TYPES]),
            st.sampled_from([ANY, *map(str, Tlp)]),
            st.none() | st.integers(1, 36_500),
        )
    )
)
def test_a_sheet_says_what_its_rows_say(terms: list[Term]) -> None:
    lines = [f"{one.short};{one.tlp};{ALWAYS if one.days is None else one.days}" for one in terms]
    assert terms_in("\n".join(["soort;label;dagen", *lines]).encode()) == terms


@pytest.mark.parametrize(
    "content",
    [b"", b"\xff", b"soort,label,dagen\n", b"iets\n*;*;3\n", b"*;*;3\n", b"soort;label;dagen\n*;*\n"],
)
def test_what_is_no_sheet_is_refused(content: bytes) -> None:
    with pytest.raises(Refused):
        terms_in(content)


def test_all_that_is_wrong_is_told_at_once() -> None:
    with pytest.raises(Refused) as refused:
        terms_in("soort;label;dagen\nvraag;PAARS;0\n*;*;-3\n*;*;²\n*;*;9999999999\n".encode())
    lines = [problem.field for problem in refused.value.problems]
    assert lines == ["regel 2"] * 3 + ["regel 3", "regel 4", "regel 5"]


def test_an_archive_is_of_whole_months_and_of_this_one_as_far_as_it_is() -> None:
    found = months(date(2027, 11, 30), date(2028, 1, 2), date(2028, 1, 5))
    assert [one.name for one in found] == ["2027-11", "2027-12", "2028-01-tot-2028-01-06"]
    assert found[0].until == found[1].first


def test_a_month_is_not_over_on_its_last_day() -> None:
    day = date(2027, 11, 30)
    assert [one.name for one in months(day, day, day)] == ["2027-11-tot-2027-12-01"]
    assert [one.name for one in months(day, day, date(2027, 12, 1))] == ["2027-11"]
