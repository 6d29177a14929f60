"""`kernhub preferences set`, as it reads what is written after it."""

from datetime import date

import pytest

from consumers.commands.preferences import PreferencesRefused, changed
from hub.rules.preferences import USUAL
from tests.registers import with_mailboxes

_REGISTER = with_mailboxes(gm0935="post@gemeente.example")


def test_what_is_named_changes_and_the_rest_stays() -> None:
    values = ["days=do,ma", "hour=7", "working_days=nee", "stop=digest", "areas=gm0935"]
    values += ["away=2027-07-01/2027-07-20", "deputy=b@gemeente.example", "least=serious", "language=en"]
    once = changed(USUAL, values, "gm0935", _REGISTER)
    assert once.weekdays == (0, 3)
    assert (once.hour, once.working_days, once.stopped, once.least) == (7, False, ("digest",), "serious")
    assert once.language == "en"
    assert (once.away_from, once.areas) == (date(2027, 7, 1), ("GM0935",))
    again = changed(once, ["stop=", "away="], "gm0935", _REGISTER)
    assert again == once._replace(stopped=(), away_from=None, away_until=None, deputy=None)


@pytest.mark.parametrize(
    ("values", "told"),
    [
        (["days=", "hour=x", "kleur=rood"], ["days", "hour", "'kleur'"]),
        (["stop=situation-opened", "areas=GM9999"], ["stopped", "areas"]),
        (["language=fr"], ["language"]),
        (["deputy=b@elders.example", "away=2027-07-01/2027-07-20"], ["deputy"]),
    ],
)
def test_all_that_is_wrong_is_told_and_nothing_changes(values: list[str], told: list[str]) -> None:
    with pytest.raises(PreferencesRefused) as refused:
        changed(USUAL, values, "gm0935", _REGISTER)
    lines = str(refused.value).splitlines()[1:]
    assert [line.split()[0] for line in lines] == told
