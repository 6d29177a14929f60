from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.rules.signing_in import (
    IDLE,
    LINK_LASTS,
    LONGEST,
    MOST_BETWEEN,
    MOST_FROM_ADDRESS,
    MOST_TO_MAILBOX,
    Asked,
    LinkFails,
    Session,
    Times,
    may_ask,
    parties_of,
    place_of,
    stands,
    why_not,
)
from tests.registers import REGISTER, with_mailboxes

NOW = datetime(2027, 6, 1, 6, tzinfo=UTC)
PARTIES = REGISTER.parties
MAASTRICHT = PARTIES["gm0935"]
SESSION = Session("gm0935", MAASTRICHT.mailbox, NOW, NOW)


@given(ago=st.integers(0, 3600), used=st.booleans(), browser=st.sampled_from([b"own", b"other", None]))
def test_a_link_counts_once_in_time_in_its_own_browser(ago: int, used: bool, browser: bytes | None) -> None:
    asked_at = NOW - timedelta(seconds=ago)
    why = why_not(Asked(b"own", asked_at, asked_at if used else None), browser, NOW)
    assert (why is None) == (not used and ago < LINK_LASTS.total_seconds() and browser == b"own")
    assert not used or why is LinkFails.USED


@pytest.mark.parametrize(
    ("browser", "after", "counts"), [(b"own", 9, True), (b"own", 10, False), (b"other", 1, False)]
)
def test_a_button_pressed_twice_counts_as_once(browser: bytes, after: int, counts: bool) -> None:
    asked = Asked(b"own", NOW, NOW)
    assert (why_not(asked, browser, NOW + timedelta(seconds=after), is_sent=True) is None) is counts
    assert why_not(asked, b"own", NOW) is LinkFails.USED


@pytest.mark.parametrize(
    ("times", "may"),
    [
        (Times(0, 0, 0), True),
        (Times(MOST_TO_MAILBOX - 1, MOST_FROM_ADDRESS - 1, MOST_BETWEEN - 1), True),
        (Times(MOST_TO_MAILBOX, 0, 0), False),
        (Times(0, MOST_FROM_ADDRESS, 0), False),
        (Times(MOST_BETWEEN, MOST_BETWEEN, MOST_BETWEEN), False),
    ],
)
def test_links_are_limited_by_mailbox_and_by_address(times: Times, may: bool) -> None:
    assert may_ask(times) is may


@pytest.mark.parametrize(
    ("address", "place"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("2001:db8:1:2:3:4:5:6", "2001:0db8:0001:0002"),
        ("2001:db8:1:2:ffff::1", "2001:0db8:0001:0002"),
        ("testclient", ""),
        (None, ""),
    ],
)
def test_a_network_of_ipv6_counts_as_one_address(address: str | None, place: str) -> None:
    assert place_of(address) == place


def test_a_mailbox_is_that_of_its_parties_and_never_of_the_hub() -> None:
    assert parties_of(f" {MAASTRICHT.mailbox.upper()} ", PARTIES) == ["gm0935"]
    shared = {**PARTIES, "pv31": replace(PARTIES["pv31"], mailbox=MAASTRICHT.mailbox)}
    assert sorted(parties_of(MAASTRICHT.mailbox, shared)) == ["gm0935", "pv31"]
    assert parties_of(PARTIES["kernhub"].mailbox, PARTIES) == []
    assert parties_of("", PARTIES) == []


@given(rest=st.integers(0, 90), age=st.integers(0, 800))
def test_a_session_ends_after_rest_and_after_a_day_of_work(rest: int, age: int) -> None:
    session = SESSION._replace(
        began_at=NOW - timedelta(minutes=max(rest, age)), seen_at=NOW - timedelta(minutes=rest)
    )
    lasts = rest < IDLE.total_seconds() / 60 and max(rest, age) < LONGEST.total_seconds() / 60
    assert stands(session, REGISTER, NOW) is lasts


def test_a_session_ends_with_its_party_and_with_its_mailbox() -> None:
    gone = {slug: one for slug, one in PARTIES.items() if slug != "gm0935"}
    assert not stands(SESSION, replace(REGISTER, parties=gone), NOW)
    assert not stands(SESSION, with_mailboxes(gm0935="elders@maastricht.example"), NOW)
    assert not stands(Session("kernhub", PARTIES["kernhub"].mailbox, NOW, NOW), REGISTER, NOW)


def test_a_session_by_number_ends_when_the_register_gives_that_to_no_or_another_party() -> None:
    session = SESSION._replace(number=MAASTRICHT.oin)
    assert stands(session, with_mailboxes(gm0935="elders@maastricht.example"), NOW)
    own, other = (
        replace(MAASTRICHT, oin="00000001234567890000"),
        replace(PARTIES["enexis"], oin=MAASTRICHT.oin),
    )
    assert not stands(session, replace(REGISTER, parties={**PARTIES, "gm0935": own}), NOW)
    moved = {**PARTIES, "gm0935": own, "enexis": other}
    assert not stands(session, replace(REGISTER, parties=moved), NOW)
