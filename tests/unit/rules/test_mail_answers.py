"""From which source does an answer by mail come?"""

import pytest

from hub.register.history import Kind
from hub.rules.mail_in.answering import _source
from tests.registers import HISTORY, TODAY, with_facts

REAL_OIN, TEST_OIN = "00000001123456780000", "00000099123456780000"
REAL, EXERCISE = f"urn:nld:oin:{REAL_OIN}:systeem:zaken", f"urn:nld:oin:{TEST_OIN}:systeem:zaken"


@pytest.mark.parametrize(
    ("oin", "kvk", "asked", "expected"),
    [
        (REAL_OIN, "", REAL, f"urn:nld:oin:{REAL_OIN}:systeem:mail"),
        (TEST_OIN, "", EXERCISE, f"urn:nld:oin:{TEST_OIN}:systeem:mail"),
        (TEST_OIN, "12345678", EXERCISE, f"urn:nld:oin:{TEST_OIN}:systeem:mail"),
        (TEST_OIN, "12345678", REAL, "urn:nld:kvknr:12345678:systeem:mail"),
        (REAL_OIN, "", EXERCISE, f"urn:nld:oin:{REAL_OIN}:systeem:oefening-mail"),
        # It has no number for what is real: the intake refuses it.
        (TEST_OIN, "", REAL, f"urn:nld:oin:{TEST_OIN}:systeem:mail"),
    ],
)
def test_mail_answers_from_the_world_of_the_question(oin: str, kvk: str, asked: str, expected: str) -> None:
    register = with_facts(HISTORY, Kind.PARTY, "enexis", oin=oin, kvk=kvk).on(TODAY)
    assert _source("enexis", asked, register) == expected
