"""An exercise never reaches a real mailbox."""

import pytest

from hub.rules.mailing import is_exercise, is_real, may_mail
from tests.events import source_of
from tests.registers import REGISTER

EXERCISE = source_of("gm0935")
REAL = "urn:nld:oin:00000001234567890000:systeem:zaken"
COMPANY = "urn:nld:kvknr:12345678:systeem:scada"


@pytest.mark.parametrize(
    "address",
    [
        "a@postbus.example",
        "a@b.test",
        "a@b.invalid",
        "a@b.localhost",
        "A@POSTBUS.EXAMPLE",
        "a@postbus.example.",
    ],
)
def test_reserved_domains_are_nobodys(address: str) -> None:
    assert not is_real(address)


@pytest.mark.parametrize("address", ["a@maastricht.nl", "a@example.com", "a@notexample"])
def test_other_domains_may_be_somebodys(address: str) -> None:
    assert is_real(address)


def test_the_test_prefix_makes_an_exercise() -> None:
    assert is_exercise(EXERCISE)
    assert not is_exercise(REAL)
    assert not is_exercise(COMPANY)


@pytest.mark.parametrize("source", [EXERCISE, REAL, COMPANY])
def test_only_an_exercise_may_not_go_to_a_real_mailbox(source: str) -> None:
    assert may_mail(source, "a@maastricht.nl") is (source != EXERCISE)
    assert may_mail(source, "a@postbus.example")


def test_everything_of_the_seeded_register_is_an_exercise_and_reaches_no_person() -> None:
    for party in REGISTER.parties.values():
        assert is_exercise(source_of(party.slug))
        assert not is_real(party.mailbox)
