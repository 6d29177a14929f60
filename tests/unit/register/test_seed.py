"""The first register: national facts, whole and consistent."""

from collections import Counter

import pytest

from hub.register.kinds import OVERALL_CORE_TEAM, PartyKind, RoleKind
from hub.register.model import Register, Role
from hub.register.seed import seed_history
from schemas.terms import FunctionSlug
from tests.registers import HISTORY, REGISTER

_COORDINATORS = {
    "electricity": (1, "Elektriciteit", "Ministerie van Economische Zaken en Klimaat", {"min-ezk"}),
    "natural-gas": (2, "Aardgas", "Ministerie van Economische Zaken en Klimaat", {"min-ezk"}),
    "oil": (3, "Olie", "Provincies", {"ipo"}),
    "telecom-basic": (
        4,
        "Basisvoorzieningen voor communicatie om te kunnen reageren bij een overstroming",
        "Rijk",
        {"min-jenv"},
    ),
    "telecom-public": (5, "Publiek netwerk", "Rijk", {"min-ezk"}),
    "waste-water": (6, "Afvalwater", "Gemeenten en waterschappen", {"vng", "unie-van-waterschappen"}),
    "drinking-water": (7, "Drinkwater", "Provincies", {"ipo"}),
    "health": (8, "Gezondheid", "Gemeenten", {"vng"}),
    "pumping-stations": (9, "Gemalen", "Waterschappen", {"unie-van-waterschappen"}),
    "transport-main": (10, "Hoofdinfrastructuur", "Rijk voor hoofdinfrastructuur", {"min-ienw"}),
    "chemistry": (11, "Chemie", "Provincies", {"ipo"}),
    "nuclear": (12, "Nucleair", "Rijk", {"min-ienw"}),
    "infectious-gmo": (
        13,
        "Infectueuze stoffen/ genetisch gemodificeerde organismen (ggo's)",
        "Rijk",
        {"min-ienw"},
    ),
    "provincial-roads": (None, "Provinciale wegen", "Provincies voor provinciale wegen", {"ipo"}),
}
_MINISTRIES = {
    "electricity": "min-ezk",
    "natural-gas": "min-ezk",
    "oil": "min-ezk",
    "telecom-basic": "min-jenv",
    "telecom-public": "min-ezk",
    "waste-water": "min-ienw",
    "drinking-water": "min-ienw",
    "health": "min-vws",
    "pumping-stations": "min-ienw",
    "transport-main": "min-ienw",
    "chemistry": "min-ienw",
    "nuclear": "min-ienw",
    "infectious-gmo": "min-ienw",
}


def _areas(prefix: str) -> dict[str, frozenset[str]]:
    return {code: area.municipalities for code, area in REGISTER.areas.items() if code.startswith(prefix)}


def _of_role(kind: RoleKind) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for role in REGISTER.roles:
        if role.kind is kind:
            found.setdefault(role.function, set()).add(role.party)
    return found


def test_the_country_is_complete() -> None:
    counts = {prefix: len(_areas(prefix)) for prefix in ("GM", "PV", "WS", "VR", "NL")}
    assert counts == {"GM": 342, "PV": 12, "WS": 21, "VR": 25, "NL": 1}
    assert REGISTER.areas["NL"].municipalities == set(_areas("GM"))
    assert len(REGISTER.areas) == 401


@pytest.mark.parametrize("prefix", ["PV", "VR"])
def test_each_municipality_lies_in_one_province_and_one_safety_region(prefix: str) -> None:
    times = Counter(code for members in _areas(prefix).values() for code in members)
    assert times == dict.fromkeys(_areas("GM"), 1)


def test_each_municipality_lies_in_a_water_board_and_each_area_holds_a_municipality() -> None:
    assert set().union(*_areas("WS").values()) == set(_areas("GM"))
    assert all(area.municipalities for area in REGISTER.areas.values())
    assert all(area.municipalities == {code} for code, area in REGISTER.areas.items() if code in _areas("GM"))


def test_each_safety_region_lies_in_one_province() -> None:
    for members in _areas("VR").values():
        assert sum(not members.isdisjoint(province) for province in _areas("PV").values()) == 1


def test_each_government_is_a_party_for_its_own_area() -> None:
    kinds = {
        PartyKind.MUNICIPALITY: "GM",
        PartyKind.PROVINCE: "PV",
        PartyKind.WATER_BOARD: "WS",
        PartyKind.SAFETY_REGION: "VR",
    }
    for kind, prefix in kinds.items():
        parties = {party.areas: party.slug for party in REGISTER.parties.values() if party.kind is kind}
        assert parties == {(code,): code.lower() for code in _areas(prefix)}


def test_there_are_thirteen_functions_and_provincial_roads() -> None:
    assert set(REGISTER.functions) == set(FunctionSlug)
    numbers = [facts.number for facts in REGISTER.functions.values()]
    assert numbers == [*range(1, 14), None]


@pytest.mark.parametrize("function", FunctionSlug)
def test_each_function_has_the_coordinator_of_the_national_approach(
    function: FunctionSlug,
) -> None:
    facts = REGISTER.functions[function]
    coordinators = _of_role(RoleKind.COORDINATOR)[function]
    assert (facts.number, facts.name_nl, facts.coordinator_nl, coordinators) == _COORDINATORS[function]


def test_each_national_function_has_one_responsible_ministry() -> None:
    ministries = _of_role(RoleKind.RESPONSIBLE_MINISTRY)
    assert ministries == {function: {ministry} for function, ministry in _MINISTRIES.items()}
    assert all(REGISTER.parties[slug].kind is PartyKind.MINISTRY for slug in _MINISTRIES.values())


def test_each_function_has_one_core_team_and_provincial_roads_travel_with_transport() -> None:
    teams = {function: f"kernteam-{function}" for function in _COORDINATORS}
    teams["provincial-roads"] = "kernteam-transport-main"
    assert _of_role(RoleKind.CORE_TEAM) == {function: {team} for function, team in teams.items()}
    kinds = {REGISTER.parties[team].kind for team in (*teams.values(), OVERALL_CORE_TEAM)}
    assert kinds == {PartyKind.CORE_TEAM}


def test_each_function_has_operators() -> None:
    operators = _of_role(RoleKind.OPERATOR)
    assert set(operators) == set(_COORDINATORS)
    decentral = {slug for slug in operators["waste-water"] if slug[:2] in ("gm", "ws")}
    assert len(decentral) == 342 + 21
    assert {slug for slug in operators["pumping-stations"] if slug.startswith("ws")} == {
        code.lower() for code in _areas("WS")
    }
    assert operators["provincial-roads"] == {code.lower() for code in _areas("PV")}
    assert {"enexis", "liander", "stedin", "tennet"} <= operators["electricity"]


def test_each_party_has_a_number_of_its_own_for_exercises() -> None:
    parties = REGISTER.parties.values()
    assert len({party.oin for party in parties}) == len(parties) == 571
    for party in parties:
        assert len(party.oin) == 20
        assert party.oin.isdigit()
        assert party.oin.startswith("00000099")
        assert REGISTER.slug_by_number["oin", party.oin] == party.slug


def test_each_party_has_a_mailbox_that_belongs_to_nobody() -> None:
    for slug, party in REGISTER.parties.items():
        assert (party.slug, party.mailbox) == (slug, f"{slug}@postbus.example")


def test_each_party_serves_areas_that_exist() -> None:
    for party in REGISTER.parties.values():
        assert party.areas
        assert set(party.areas) <= set(REGISTER.areas)


def test_each_role_is_of_a_party_and_a_function_and_stands_there_once() -> None:
    assert len(set(REGISTER.roles)) == len(REGISTER.roles)
    for role in REGISTER.roles:
        assert role.party in REGISTER.parties
        assert role.function in REGISTER.functions
    assert Role("enexis", FunctionSlug.ELECTRICITY, RoleKind.OPERATOR) in REGISTER.roles


def test_each_dependency_is_between_two_functions_and_stands_there_once() -> None:
    arrows = [(arrow.from_function, arrow.to_function) for arrow in REGISTER.dependencies]
    assert len(set(arrows)) == len(arrows) == 89
    assert all(cause is not harmed for cause, harmed in arrows)
    assert Counter(arrow.strength for arrow in REGISTER.dependencies) == {"high": 17, "medium": 50, "low": 22}


@pytest.mark.parametrize(
    ("slug", "name"),
    [
        ("gm0935", "Gemeente Maastricht"),
        ("gm0363", "Gemeente Amsterdam"),
        ("pv21", "Provincie Fryslân"),
        ("vr24", "Veiligheidsregio Zuid-Limburg"),
        ("ws0665", "Waterschap Limburg"),
        ("kernteam-electricity", "Kernteam Elektriciteit"),
        ("kernteam-overall", "Overkoepelend kernteam vitale en kwetsbare functies"),
        ("min-ienw", "Ministerie van Infrastructuur en Waterstaat (IenW)"),
        ("vng", "Vereniging van Nederlandse Gemeenten (VNG)"),
    ],
)
def test_parties_are_called_by_their_dutch_names(slug: str, name: str) -> None:
    assert REGISTER.parties[slug].name == name


def test_every_name_is_one_readable_line() -> None:
    names = [party.name for party in REGISTER.parties.values()]
    names += [area.name for area in REGISTER.areas.values()]
    assert all(name.isprintable() and name == name.strip() and name for name in names)
    kinds = [party for party in REGISTER.parties.values() if party.kind is not PartyKind.MUNICIPALITY]
    assert len({party.name for party in kinds}) == len(kinds)


def test_seeding_twice_gives_the_same_register() -> None:
    assert seed_history() == HISTORY
    assert seed_history(version=7).version == 7
    assert isinstance(REGISTER, Register)
