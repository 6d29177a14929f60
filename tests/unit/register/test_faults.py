"""A history that is not sound is refused with every reason."""

import dataclasses
from datetime import date
from typing import Any

import pytest

from hub.register.faults import faults
from hub.register.history import Entry, History, Kind
from hub.register.kinds import PartyKind, RoleKind, Strength, Wish
from hub.register.model import Dependency, Party, Role, Subscription
from schemas.terms import FunctionSlug
from tests.registers import HISTORY, with_facts, without_party

_BEGINS = date(2024, 1, 1)


def _with(*entries: Entry) -> History:
    return History.of(1, (*HISTORY.entries, *entries))


def _party(**changes: Any) -> Any:
    (entry,) = [one for one in HISTORY.of_kind(Kind.PARTY) if one.key == "enexis"]
    return dataclasses.replace(entry.facts, oin="00000099999999990000", **changes)


def _codes(history: History) -> set[tuple[str, str, str]]:
    return {(fault.entry.key, fault.field, fault.code) for fault in faults(history)}


def _ended(kind: Kind, key: str, until: date, **changes: Any) -> History:
    return History.of(
        1,
        (
            dataclasses.replace(entry, until=until, facts=dataclasses.replace(entry.facts, **changes))
            if (entry.kind, entry.key) == (kind, key)
            else entry
            for entry in HISTORY.entries
        ),
    )


def test_the_first_register_is_sound() -> None:
    assert faults(HISTORY) == []


def test_an_entry_that_ends_before_it_begins_is_refused() -> None:
    role = Role("enexis", FunctionSlug.OIL, RoleKind.ADVISER)
    entry = Entry(role, date(2026, 1, 2), date(2026, 1, 2))
    assert _codes(_with(entry)) == {(entry.key, "until", "ends_before_start")}


def test_the_same_entry_twice_is_refused() -> None:
    (entry,) = [e for e in HISTORY.of_kind(Kind.PARTY) if e.key == "enexis"]
    assert _codes(_with(entry)) == {("enexis", "key", "doubled")}


def test_overlapping_validity_is_refused() -> None:
    (entry,) = [e for e in HISTORY.of_kind(Kind.PARTY) if e.key == "enexis"]
    later = dataclasses.replace(entry, since=date(2026, 1, 1))
    assert _codes(_with(later)) == {("enexis", "since", "overlap")}


def test_one_period_may_begin_on_the_day_that_the_other_ends() -> None:
    history = _ended(Kind.DEPENDENCY, "electricity oil", date(2026, 1, 1))
    later = Entry(Dependency(FunctionSlug.ELECTRICITY, FunctionSlug.OIL, Strength.LOW), date(2026, 1, 1))
    assert faults(History.of(1, (*history.entries, later))) == []


def test_two_parties_with_one_oin_at_the_same_time_are_refused() -> None:
    oin = next(e.facts.oin for e in HISTORY.of_kind(Kind.PARTY) if e.key == "tennet")
    assert _codes(with_facts(HISTORY, Kind.PARTY, "enexis", oin=oin)) == {("tennet", "oin", "oin_taken")}


def test_two_parties_with_one_kvk_number_at_the_same_time_are_refused() -> None:
    once = with_facts(HISTORY, Kind.PARTY, "enexis", kvk="00000001")
    assert faults(once) == []
    twice = with_facts(once, Kind.PARTY, "tennet", kvk="00000001")
    assert _codes(twice) == {("tennet", "kvk", "kvk_taken")}
    apart = _ended(Kind.PARTY, "min-kgg", date(2025, 1, 1), kvk="00000001")
    late = [
        dataclasses.replace(e, since=date(2025, 1, 1), facts=dataclasses.replace(e.facts, kvk="00000001"))
        if isinstance(e.facts, Party) and e.key == "acm"
        else e
        for e in apart.entries
    ]
    assert "kvk_taken" not in {code for _, _, code in _codes(History.of(1, late))}


def test_a_role_of_an_unknown_party_is_refused() -> None:
    role = Entry(Role("nergens", FunctionSlug.OIL, RoleKind.OPERATOR), _BEGINS)
    assert _codes(_with(role)) == {(role.key, "party", "unknown_party")}


def test_a_role_from_before_the_register_is_told_as_one_mistake() -> None:
    (role,) = [e for e in HISTORY.of_kind(Kind.ROLE) if e.key == "enexis electricity operator"]
    early = dataclasses.replace(role, since=date(2023, 1, 1))
    history = History.of(1, (*(e for e in HISTORY.entries if e != role), early))
    assert _codes(history) == {(role.key, "since", "before_register"), (role.key, "party", "party_not_valid")}


def test_a_function_that_begins_on_another_day_than_the_rest_is_told_as_one_mistake() -> None:
    (oil,) = [e for e in HISTORY.of_kind(Kind.FUNCTION) if e.key == "oil"]
    for since, code in ((date(2024, 5, 1), "function_missing"), (date(2023, 5, 1), "before_register")):
        moved = dataclasses.replace(oil, since=since)
        entries = [moved if e == oil else e for e in HISTORY.entries]
        assert code in {c for _, _, c in _codes(History.of(1, entries))}
        assert {key for key, _, _ in _codes(History.of(1, entries))} == {"oil"}


def test_a_role_that_outlives_its_party_is_refused() -> None:
    codes = _codes(_ended(Kind.PARTY, "enexis", date(2026, 6, 1)))
    assert codes
    assert {code for _, _, code in codes} == {"party_not_valid"}


def test_an_area_that_ends_while_parties_serve_it_is_refused() -> None:
    codes = _codes(_ended(Kind.AREA, "GM0935", date(2027, 1, 1), successors=("GM0994",)))
    assert ("gm0935", "areas", "area_not_valid") in codes


@pytest.mark.parametrize(
    ("within", "code"),
    [
        (("PV31", "PV30", "VR24", "WS0665"), "area_incomplete"),
        (("VR24", "WS0665"), "area_incomplete"),
        (("PV31", "VR24"), "area_incomplete"),
        (("PV31", "VR24", "WS0665", "NL"), "area_kind"),
        (("PV31", "VR24", "WS0665", "GM0994"), "area_kind"),
        (("PV31", "VR24", "WS9999"), "unknown_area"),
    ],
)
def test_a_municipality_lies_in_one_province_one_safety_region_and_some_water_board(
    within: tuple[str, ...], code: str
) -> None:
    assert code in {c for _, _, c in _codes(with_facts(HISTORY, Kind.AREA, "GM0935", within=within))}


def test_only_a_municipality_lies_in_other_areas() -> None:
    codes = _codes(with_facts(HISTORY, Kind.AREA, "PV31", within=("NL",)))
    assert codes == {("PV31", "within", "not_a_municipality")}


def test_a_successor_is_of_an_area_that_ends() -> None:
    codes = _codes(with_facts(HISTORY, Kind.AREA, "GM0935", successors=("GM0994",)))
    assert codes == {("GM0935", "successors", "not_ended")}


def test_a_function_that_depends_on_itself_is_refused() -> None:
    loop = Entry(Dependency(FunctionSlug.OIL, FunctionSlug.OIL, Strength.HIGH), _BEGINS)
    assert _codes(_with(loop)) == {("oil oil", "to_function", "loop")}


def test_a_function_can_not_go() -> None:
    entries = [e for e in HISTORY.entries if (e.kind, e.key) != (Kind.FUNCTION, "oil")]
    assert {code for _, _, code in _codes(History.of(1, entries))} == {"function_missing"}


@pytest.mark.parametrize("slug", ["kernhub", "kernteam-overall"])
def test_the_hub_and_the_overall_core_team_can_not_go_end_or_be_something_else(slug: str) -> None:
    (lost,) = faults(without_party(HISTORY, slug))
    assert (lost.field, lost.code, slug in lost.detail) == ("", "party_missing", True)
    ends = _codes(_ended(Kind.PARTY, slug, date(2027, 1, 1)))
    assert (slug, "until", "party_missing") in ends
    entries = [
        dataclasses.replace(e, facts=dataclasses.replace(e.facts, kind=PartyKind.OPERATOR))
        if isinstance(e.facts, Party) and e.key == slug
        else e
        for e in HISTORY.entries
    ]
    assert _codes(History.of(1, entries)) == {(slug, "kind", "kind_fixed")}


def test_a_party_serves_some_area() -> None:
    assert _codes(with_facts(HISTORY, Kind.PARTY, "acm", areas=())) == {("acm", "areas", "no_area")}


def test_a_subscription_with_an_unknown_dialect_is_refused() -> None:
    wish = Subscription("gm0935", "stroom", Wish.DIGEST, filters=({"sql": "type LIKE '%'"},))
    assert _codes(_with(Entry(wish, _BEGINS))) == {("gm0935 stroom", "filters", "unknown_dialect")}


def test_an_empty_history_is_sound() -> None:
    assert faults(History(0, ())) == []


def test_what_carries_a_state_marking_is_refused_with_its_place() -> None:
    name = with_facts(HISTORY, Kind.PARTY, "enexis", name="Bureau Stg. Geheim")
    assert _codes(name) == {("enexis", "name", "classified")}
    filters = ({"exact": {"subject": "olie"}}, {"prefix": {"subject": "Dep.V."}})
    wish = Entry(Subscription("gm0935", "olie", Wish.DIGEST, filters=filters), _BEGINS)
    (fault,) = faults(_with(wish))
    assert (fault.entry, fault.field, fault.code) == (wish, "filters", "classified")
    assert fault.detail.startswith("1/prefix/subject is gemerkt als 'Dep.V'")


@pytest.mark.parametrize(
    ("entry", "field"),
    [
        (Entry(Subscription("gm0935", "p-111222333", Wish.NOT), _BEGINS), "name"),
        (Entry(_party(slug="p-111222333"), _BEGINS), "slug"),
    ],
)
def test_a_key_that_looks_like_a_personal_number_is_refused(entry: Entry, field: str) -> None:
    (fault,) = faults(_with(entry))
    assert (fault.field, fault.code) == (field, "personal_data")
    assert "BSN" in fault.detail


def test_a_party_that_serves_more_areas_than_an_event_can_name_is_pointed_to_a_larger_area() -> None:
    every = [area.key for area in HISTORY.of_kind(Kind.AREA)]
    assert len(every) > 400
    (fault,) = faults(with_facts(HISTORY, Kind.PARTY, "enexis", areas=tuple(every)))
    assert (fault.entry.key, fault.field, fault.code) == ("enexis", "areas", "too_many_areas")
    assert "grotere gebied" in fault.detail
    assert faults(with_facts(HISTORY, Kind.PARTY, "enexis", areas=tuple(every[:400]))) == []
