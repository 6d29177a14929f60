"""How parties are tied to an event: by role, by area, by dependency and by name."""

from hypothesis import given
from hypothesis import strategies as st

from hub.register.kinds import PartyKind
from hub.rules.relations import Reason, Relation
from hub.rules.ties import relations
from tests.events import KINDS, event
from tests.registers import REGISTER
from tests.unit.strategies import AREAS

_DECENTRAL = (Relation.MUNICIPALITY, Relation.PROVINCE, Relation.WATER_BOARD, Relation.SAFETY_REGION)


def _tied(relation: Relation, **changes: object) -> set[str]:
    told = event("bottleneck-found", **changes)
    return {party for party, reason in relations(told, REGISTER) if reason.relation is relation}


def _governments(areas: str) -> set[str]:
    return set().union(*(_tied(relation, areas=areas) for relation in _DECENTRAL))


def test_a_municipality_concerns_its_province_safety_region_and_water_board() -> None:
    assert _governments("GM0935") == {"gm0935", "pv31", "vr24", "ws0665"}


def test_a_municipality_with_several_water_boards_concerns_them_all() -> None:
    assert _governments("GM0599") == {"gm0599", "pv28", "vr17", "ws0372", "ws0655", "ws0656"}


def test_a_neighbour_outside_the_area_hears_nothing() -> None:
    neighbours = {"gm0938", "gm0994", "gm1903", "pv30", "vr23"}
    assert neighbours <= set(REGISTER.parties)
    assert not neighbours & {party for party, _ in relations(event("bottleneck-found"), REGISTER)}


def test_a_province_concerns_its_municipalities_and_every_water_board_in_it() -> None:
    limburg = REGISTER.areas["PV31"].municipalities
    assert _tied(Relation.MUNICIPALITY, areas="PV31") == {code.lower() for code in limburg}
    assert _tied(Relation.PROVINCE, areas="PV31") == {"pv31"}
    assert _tied(Relation.SAFETY_REGION, areas="PV31") == {"vr23", "vr24"}
    assert "ws0665" in _tied(Relation.WATER_BOARD, areas="PV31")


def test_the_country_concerns_every_government() -> None:
    kinds = {PartyKind.MUNICIPALITY, PartyKind.PROVINCE, PartyKind.WATER_BOARD, PartyKind.SAFETY_REGION}
    assert _governments("NL") == {p.slug for p in REGISTER.parties.values() if p.kind in kinds}


@given(st.sampled_from(AREAS), st.sampled_from(AREAS))
def test_areas_meet_where_they_share_a_municipality(one: str, other: str) -> None:
    shared = REGISTER.areas[one].municipalities & REGISTER.areas[other].municipalities
    assert REGISTER.meet(one, other) is REGISTER.meet(other, one) is bool(shared)


def test_an_operator_is_concerned_where_it_works_and_not_elsewhere() -> None:
    assert _tied(Relation.OPERATOR) == {"enexis", "tennet"}
    assert _tied(Relation.OPERATOR, areas="GM0363") == {"liander", "tennet"}
    assert _tied(Relation.OPERATOR, functions="drinking-water") == {"wml"}


def test_a_role_names_the_function_and_area_that_make_it() -> None:
    told = event("bottleneck-found", areas="GM0363,GM0935,PV31")
    reasons = {party: reason for party, reason in relations(told, REGISTER) if party == "enexis"}
    assert reasons == {"enexis": Reason(Relation.OPERATOR, "electricity", "GM0935")}


def test_a_failure_concerns_the_core_teams_along_strong_arrows_to_any_depth() -> None:
    # natural gas -> chemistry; oil -> transport and chemistry, transport -> health
    assert _tied(Relation.DEPENDENT_CORE_TEAM, functions="natural-gas") == {"kernteam-chemistry"}
    assert _tied(Relation.DEPENDENT_CORE_TEAM, functions="oil") == {
        "kernteam-chemistry",
        "kernteam-transport-main",
        "kernteam-health",
    }
    assert _tied(Relation.DEPENDENT_CORE_TEAM, functions="nuclear") == set()


def test_a_function_of_the_event_itself_is_no_chain_effect() -> None:
    assert _tied(Relation.DEPENDENT_CORE_TEAM, functions="natural-gas,chemistry") == set()


def test_the_overall_core_team_is_tied_to_every_event() -> None:
    for kind in KINDS:
        assert ("kernteam-overall", Reason(Relation.OVERALL_CORE_TEAM)) in relations(event(kind), REGISTER)


def test_named_parties_are_tied_by_name() -> None:
    assert _tied(Relation.NAMED, data={"recipients": ["wml", "gm0363"]}) == {"wml", "gm0363"}
