"""Which addresses are somebody's?"""

import pytest

from hub.rules.mailing import is_real
from schemas.envelope import is_exercise
from tests.events import source_of
from tests.registers import REGISTER


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


def test_everything_of_the_seeded_register_is_an_exercise_and_reaches_no_person() -> None:
    for party in REGISTER.parties.values():
        assert is_exercise(source_of(party.slug))
        assert not is_real(party.mailbox)
