"""Links in mails: only the hub makes them, for one party with one mailbox, and for one purpose."""

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from hub.rules import links

_KEY, _TODAY = b"k" * 32, date(2027, 6, 1)
_MAILBOXES = {"gm0935": "a@postbus.example", "pv31": "b@postbus.example"}


def _read(word: str, secret: bytes = _KEY, today: date = _TODAY) -> links.Link | None:
    return links.read(word, _MAILBOXES.get, secret, today)


def test_a_link_is_read_back_by_the_key_that_made_it_alone() -> None:
    link = links.stop("gm0935", "bottleneck-found", 3)
    word = links.signed(link, "A@postbus.example", _KEY)
    assert _read(word) == link
    assert _read(word, b"x" * 32) is None


def test_a_link_ends_when_its_party_has_another_mailbox_or_none() -> None:
    assert _read(links.signed(links.stop("gm0935", "digest", 0), "oud@postbus.example", _KEY)) is None
    assert _read(links.signed(links.stop("gm9999", "digest", 0), "a@postbus.example", _KEY)) is None


def test_a_link_to_choose_works_for_ninety_days() -> None:
    word = links.signed(links.choose("pv31", _TODAY), "b@postbus.example", _KEY)
    assert _read(word, today=_TODAY + timedelta(days=90)) is not None
    assert _read(word, today=_TODAY + timedelta(days=91)) is None


@given(st.text() | st.from_regex(r"[A-Za-z0-9_-]{0,80}\.[A-Za-z0-9_-]{0,60}", fullmatch=True))
def test_no_other_word_is_a_link(word: str) -> None:
    assert _read(word) is None


@given(st.integers(0, 200), st.sampled_from("ABCxyz019-_"))
def test_a_link_of_which_one_sign_is_changed_is_no_link(place: int, sign: str) -> None:
    link = links.stop("gm0935", "bottleneck-found", 3)
    word = links.signed(link, "a@postbus.example", _KEY)
    place %= len(word)
    other = word[:place] + sign + word[place + 1 :]
    if other != word:
        assert _read(other) is None
