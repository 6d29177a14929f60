"""What an operator sets is read strictly, and refused in words."""

from datetime import date

import pytest

from consumers.commands.operator import PolicyRefused, changed
from hub.rules.throttle.policy import DEFAULT, Policy, Quiet, Validity


def test_what_is_named_changes_and_the_rest_stays() -> None:
    old = Policy(weekday=3, quiet=(Quiet(date(2027, 7, 1), date(2027, 8, 1)),))
    assert changed(old, ["bundles=1", "validity.plans=60"]) == old._replace(
        bundles=1, validity=Validity(plans=60)
    )
    assert changed(old, []) == old


def test_quiet_is_given_as_periods_and_taken_away_as_none() -> None:
    quiet = changed(DEFAULT, ["quiet=2027-07-01/2027-08-01,2027-12-20/2028-01-03"]).quiet
    assert quiet == (
        Quiet(date(2027, 7, 1), date(2027, 8, 1)),
        Quiet(date(2027, 12, 20), date(2028, 1, 3)),
    )
    assert changed(Policy(quiet=quiet), ["quiet="]).quiet == ()


@pytest.mark.parametrize(
    ("value", "told"),
    [
        ("tempo=2", "'tempo' is niet in te stellen. Wel: weekday, hour, window, bundles"),
        ("still=1", "'still' is niet in te stellen"),
        ("bundles", "bundles verwacht een heel getal, niet ''"),
        ("bundles=twee", "bundles verwacht een heel getal, niet 'twee'"),
        ("quiet=2027-07-01", "quiet verwacht perioden als 2027-07-01/2027-08-01, niet '2027-07-01'"),
        ("quiet=2027-08-01/2027-07-01", "quiet/0 eindigt voordat het begint"),
        ("weekday=6", "weekday moet een werkdag zijn"),
        ("bundles=5", "bundles mag niet meer zijn dan er weken zijn"),
        ("reserve=20", "reserve moet minstens één plaats in de bundel overlaten"),
        ("validity.static=0", "validity/static moet van 1 tot en met 3650 dagen zijn"),
    ],
)
def test_what_can_not_be_is_refused_in_words(value: str, told: str) -> None:
    with pytest.raises(PolicyRefused, match=r"^Er is niets veranderd\.\n") as refused:
        changed(DEFAULT, [value])
    assert told in str(refused.value)


def test_every_mistake_is_told_at_once() -> None:
    with pytest.raises(PolicyRefused) as refused:
        changed(DEFAULT, ["hour=3", "weekday=6"])
    assert len(str(refused.value).splitlines()) == 3
