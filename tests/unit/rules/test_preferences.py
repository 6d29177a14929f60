"""When a digest comes, through summer time and holidays, and what a party may stop."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.rules.moments import AMSTERDAM, dutch_day
from hub.rules.preferences import (
    DIGEST,
    LANGUAGES,
    LEVELS,
    USUAL,
    Preferences,
    as_written,
    deputy_on,
    digests_until,
    latest_digest,
    problems,
    written,
)
from hub.rules.throttle.slots import is_working_day
from tests.registers import with_mailboxes

_REGISTER = with_mailboxes(pv31="team@pv31.example")
_AWAY: dict[str, Any] = {"away_from": date(2027, 7, 5), "away_until": date(2027, 7, 20)}
_days = st.dates(date(2026, 1, 1), date(2030, 12, 31))
_wanted = st.builds(
    Preferences,
    weekdays=st.sets(st.integers(0, 6), min_size=1).map(lambda days: tuple(sorted(days))),
    hour=st.integers(0, 23),
    working_days=st.booleans(),
    stopped=st.just(()),
    away_from=st.none(),
    away_until=st.none(),
    deputy=st.none(),
    at_once=st.just(("question-raised",)),
    digested=st.just(("measure-adopted",)),
    functions=st.just(("oil",)),
    areas=st.just(("PV31",)),
    least=st.sampled_from(LEVELS),
    language=st.sampled_from(LANGUAGES),
)
_instants = st.datetimes(datetime(2026, 1, 1), datetime(2030, 12, 31), timezones=st.just(UTC))  # noqa: DTZ001


@given(_wanted, _instants)
def test_the_latest_digest_is_the_last_that_there_was(wanted: Preferences, now: datetime) -> None:
    latest = latest_digest(wanted, now)
    assert latest is not None
    assert latest <= now
    assert latest_digest(wanted, latest) == latest
    later = digests_until(wanted, latest + timedelta(seconds=1), now)
    assert len(later) == 1
    assert later[0] > now


@given(_wanted, _instants)
def test_a_digest_comes_at_the_chosen_hour_on_dutch_clocks_and_on_a_chosen_day(
    wanted: Preferences, now: datetime
) -> None:
    latest = latest_digest(wanted, now)
    assert latest is not None
    local = latest.astimezone(AMSTERDAM)
    # The hour that the clock skips in March is read as the hour after it.
    assert local.hour == wanted.hour or (wanted.hour == 2 and local.hour == 3)
    if wanted.working_days:
        assert is_working_day(local.date())
    else:
        assert local.weekday() in wanted.weekdays


@given(_wanted, _days)
def test_every_chosen_day_has_its_digest_on_the_day_or_the_next_working_day(
    wanted: Preferences, day: date
) -> None:
    first = datetime.combine(day, datetime.min.time(), AMSTERDAM).astimezone(UTC)
    came = [dutch_day(moment) for moment in digests_until(wanted, first, first + timedelta(days=21))]
    assert came == sorted(set(came)), "at most one a day"
    for chosen in (day + timedelta(days=ahead) for ahead in range(7)):
        if chosen.weekday() in wanted.weekdays:
            due = chosen
            while wanted.working_days and not is_working_day(due):
                due += timedelta(days=1)
            assert due in came


def test_a_holiday_moves_the_digest_and_two_that_move_to_one_day_are_one() -> None:
    # 28 March 2027 is Easter, and the start of summer time; Good Friday is a holiday too.
    first, last = datetime(2027, 3, 22, tzinfo=UTC), datetime(2027, 4, 4, tzinfo=UTC)
    assert digests_until(USUAL, first, last)[:2] == [
        datetime(2027, 3, 22, 7, tzinfo=UTC),
        datetime(2027, 3, 30, 6, tzinfo=UTC),
    ]
    daily = Preferences(weekdays=(4, 6, 0, 1))
    came = [dutch_day(at).day for at in digests_until(daily, datetime(2027, 3, 26, tzinfo=UTC), last)]
    assert came == [30, 2, 5]


def test_with_a_deputy_nothing_waits_and_it_reads_along_while_the_party_is_away() -> None:
    away = USUAL._replace(**_AWAY, deputy="b@pv31.example")
    assert list(problems(away, "pv31", _REGISTER)) == []
    assert latest_digest(away, datetime(2027, 7, 21, tzinfo=UTC)) == datetime(2027, 7, 19, 6, tzinfo=UTC)
    for day, reads in ((4, None), (5, away.deputy), (20, away.deputy), (21, None)):
        assert deputy_on(away, "pv31", _REGISTER, date(2027, 7, day)) == reads
    assert deputy_on(away, "pv31", with_mailboxes(pv31="nieuw@elders.example"), date(2027, 7, 6)) is None


@pytest.mark.parametrize(
    ("deputy", "mailboxes"),
    [
        ("aanvaller@gmail.com", {"pv31": "kernteam@gmail.com"}),
        ("ander@samen.example", {"pv31": "pv31@samen.example", "enexis": "enexis@Samen.example"}),
        ("enexis@samen.example", {"pv31": "pv31@samen.example", "enexis": "enexis@samen.example"}),
    ],
)
def test_no_deputy_where_others_have_a_mailbox_too(deputy: str, mailboxes: dict[str, str]) -> None:
    away, register = USUAL._replace(**_AWAY, deputy=deputy), with_mailboxes(**mailboxes)
    assert [problem.field for problem in problems(away, "pv31", register)] == ["deputy"]
    assert deputy_on(away, "pv31", register, date(2027, 7, 6)) is None


def test_who_is_away_gets_the_digest_of_all_days_at_once_afterwards() -> None:
    away = USUAL._replace(away_from=date(2027, 7, 5), away_until=date(2027, 7, 20))
    now = datetime(2027, 7, 21, tzinfo=UTC)
    assert latest_digest(away, now) == datetime(2027, 6, 28, 6, tzinfo=UTC)
    assert latest_digest(away, now + timedelta(days=6)) == datetime(2027, 7, 26, 6, tzinfo=UTC)


@given(_wanted, st.sets(st.sampled_from([DIGEST, "bottleneck-found"])), st.none() | _days)
def test_what_is_kept_is_read_back(wanted: Preferences, stopped: set[str], day: date | None) -> None:
    whole = wanted._replace(stopped=tuple(sorted(stopped)), away_from=day, away_until=day)
    assert as_written(written(whole)) == whole
    assert list(problems(whole, "pv31", _REGISTER)) == []


@pytest.mark.parametrize(
    ("wrong", "fields"),
    [
        ({"weekdays": ()}, ["weekdays"]),
        ({"weekdays": (7,), "hour": 24, "stopped": ("alles",)}, ["weekdays", "hour", "stopped"]),
        ({"away_from": date(2027, 1, 1)}, ["awayFrom"]),
        (
            {"stopped": ("situation-opened",), "digested": ("situation-opened",)},
            ["stopped", "inDigest", "stopped"],
        ),
        ({"at_once": ("bottleneck-found",), "stopped": ("bottleneck-found",)}, ["stopped"]),
        ({"at_once": ("digest",)}, ["atOnce"]),
        ({"functions": ("kaas",), "areas": ("GM1",), "least": "ooit"}, ["functions", "areas", "least"]),
        ({"deputy": "b@pv31.example"}, ["deputy"]),
        ({"deputy": "b@elders.example", **_AWAY}, ["deputy"]),
        ({"deputy": "Team@pv31.example", **_AWAY}, ["deputy"]),
        ({"deputy": "a@b.example,c@pv31.example", **_AWAY}, ["deputy"]),
        ({"deputy": "a\n@pv31.example", **_AWAY}, ["deputy"]),
        ({"away_from": date(2027, 1, 2), "away_until": date(2027, 1, 1)}, ["awayUntil"]),
        ({"away_from": date(2027, 1, 2), "away_until": date(2029, 1, 1)}, ["awayUntil"]),
    ],
)
def test_all_that_is_wrong_is_told_at_once(wrong: dict[str, Any], fields: list[str]) -> None:
    assert [problem.field for problem in problems(USUAL._replace(**wrong), "pv31", _REGISTER)] == fields
