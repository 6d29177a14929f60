"""The register through time: who was what on which day."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.register.history import Entry, History, Kind
from hub.register.kinds import PartyKind, RoleKind
from hub.register.model import AreaFacts, Party, Role
from schemas.terms import FunctionSlug, Tlp
from tests.registers import HISTORY, REGISTER, TODAY

_EPOCH = date(2024, 1, 1)
_DAYS = st.integers(0, 60).map(lambda n: _EPOCH + timedelta(days=n))


def _ministry(function: FunctionSlug, day: date) -> list[str]:
    return [
        role.party
        for role in HISTORY.on(day).roles_of_function[function]
        if role.kind is RoleKind.RESPONSIBLE_MINISTRY
    ]


@pytest.mark.parametrize(
    ("day", "energy", "telecom"),
    [
        (date(2024, 7, 1), "min-ezk", "min-ezk"),
        (date(2024, 7, 2), "min-kgg", "min-ez"),
        (date(2025, 7, 1), "min-kgg", "min-ez"),
        (date(2026, 2, 22), "min-kgg", "min-ez"),
        (date(2026, 2, 23), "min-ezk", "min-ezk"),
    ],
)
def test_ministries_are_those_of_the_day(day: date, energy: str, telecom: str) -> None:
    assert _ministry(FunctionSlug.ELECTRICITY, day) == [energy]
    assert _ministry(FunctionSlug.TELECOM_PUBLIC, day) == [telecom]
    assert _ministry(FunctionSlug.DRINKING_WATER, day) == ["min-ienw"]


def test_before_it_begins_the_register_is_empty() -> None:
    assert HISTORY.begins == _EPOCH
    assert not HISTORY.on(_EPOCH - timedelta(days=1)).parties


def test_the_next_change_is_the_first_day_on_which_something_begins_or_ends() -> None:
    assert HISTORY.next_change(_EPOCH) == date(2024, 7, 2)
    assert HISTORY.next_change(date(2024, 7, 2)) == date(2026, 2, 23)
    assert HISTORY.next_change(TODAY) is None


def test_who_ended_is_remembered_until_it_is_back() -> None:
    assert "min-kgg" in HISTORY.on(TODAY).former
    assert HISTORY.on(TODAY).former["min-kgg"].until == date(2026, 2, 23)
    assert "min-ezk" in HISTORY.on(date(2025, 1, 1)).former
    assert "min-ezk" not in REGISTER.former


def test_a_municipality_lies_in_its_province_safety_region_and_water_boards() -> None:
    assert REGISTER.areas["GM0935"].within == ("PV31", "VR24", "WS0665")
    assert "GM0935" in REGISTER.areas["WS0665"].municipalities
    assert REGISTER.areas["NL"].municipalities == {c for c in REGISTER.areas if c.startswith("GM")}


def _party(slug: str, since: date, until: date | None) -> Entry:
    facts = Party(slug, slug, PartyKind.OPERATOR, f"{slug}@x.example", slug.zfill(20), ("NL",), Tlp.RED)
    return Entry(facts, since, until)


@given(st.lists(st.tuples(st.sampled_from("abc"), _DAYS, st.none() | _DAYS)), _DAYS)
def test_on_a_day_stands_exactly_what_holds_on_it(
    spans: list[tuple[str, date, date | None]], day: date
) -> None:
    history = History.of(1, [_party(slug, since, until) for slug, since, until in spans])
    holds = {slug for slug, since, until in spans if since <= day and (until is None or day < until)}
    ended = {slug for slug, _, until in spans if until is not None and until <= day}
    register = history.on(day)
    assert set(register.parties) == holds
    assert set(register.former) == ended - holds


@given(st.lists(st.tuples(st.sampled_from("abc"), _DAYS, st.none() | _DAYS), max_size=5), _DAYS)
def test_between_two_changes_every_day_has_the_same_register(
    spans: list[tuple[str, date, date | None]], day: date
) -> None:
    history = History.of(1, [_party(slug, since, until) for slug, since, until in spans])
    until = history.next_change(day) or day + timedelta(days=90)
    for days in range((until - day).days):
        assert history.on(day + timedelta(days=days)).parties == history.on(day).parties


@given(st.permutations(HISTORY.of_kind(Kind.ROLE)[:40]))
def test_the_order_of_entry_does_not_matter(entries: list[Entry]) -> None:
    assert History.of(1, entries) == History.of(1, HISTORY.of_kind(Kind.ROLE)[:40])


def test_each_entry_says_what_it_is_about() -> None:
    role = Entry(Role("enexis", FunctionSlug.OIL, RoleKind.OPERATOR), _EPOCH)
    assert (role.kind, role.key) == (Kind.ROLE, "enexis oil operator")
    area = Entry(AreaFacts("PV31", "Limburg"), _EPOCH)
    assert (area.kind, area.key) == (Kind.AREA, "PV31")
