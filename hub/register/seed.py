"""The first register: national facts from the CSV files in `data/`.

Mailboxes are in the reserved domain `.example`, and every OIN has the test prefix 00000099: real ones are
entered by the parties themselves.
"""

import csv
from importlib import resources

from hub.register.model import (
    OVERALL_CORE_TEAM,
    Area,
    Dependency,
    FunctionFacts,
    Party,
    PartyKind,
    Register,
    Role,
    RoleKind,
)
from schemas.terms import FunctionSlug, Tlp

Row = dict[str, str]

_OWN_FUNCTIONS = {
    PartyKind.MUNICIPALITY: (FunctionSlug.WASTE_WATER,),
    PartyKind.PROVINCE: (FunctionSlug.PROVINCIAL_ROADS,),
    PartyKind.WATER_BOARD: (FunctionSlug.WASTE_WATER, FunctionSlug.PUMPING_STATIONS),
}
"""Governments that operate a function themselves: sewers, roads, treatment and pumping stations."""

_ROLE_OF_KIND = {
    "ministry": RoleKind.ADVISER,
    "operator": RoleKind.OPERATOR,
    "umbrella": RoleKind.UMBRELLA,
    "supervisor": RoleKind.SUPERVISOR,
    "knowledge-institute": RoleKind.ADVISER,
}

_OIN_SERIES = {
    PartyKind.MUNICIPALITY: 10_000_000,
    PartyKind.PROVINCE: 20_000_000,
    PartyKind.WATER_BOARD: 30_000_000,
    PartyKind.SAFETY_REGION: 40_000_000,
    PartyKind.CORE_TEAM: 60_000_000,
}


def seed_register(version: int = 1) -> Register:
    """The register as the reference facts give it."""
    functions = _read("functions")
    parties = [*_organisations(functions), *_core_teams(functions), *_decentral()]
    return Register(
        version=version,
        parties={party.slug: party for party in parties},
        functions={FunctionSlug(row["slug"]): _function(row) for row in functions},
        areas=_areas(),
        roles=_roles(functions, parties),
        dependencies=tuple(
            Dependency(FunctionSlug(r["from_function"]), FunctionSlug(r["to_function"]), r["strength"])
            for r in _read("dependencies")
        ),
    )


def _read(name: str) -> list[Row]:
    text = (resources.files("hub.register") / "data" / f"{name}.csv").read_text("utf-8")
    return list(csv.DictReader(text.splitlines()))


def _parts(value: str) -> tuple[str, ...]:
    return tuple(part for part in value.split(",") if part)


def _function(row: Row) -> FunctionFacts:
    return FunctionFacts(
        slug=FunctionSlug(row["slug"]),
        number=int(row["number"]) if row["number"] else None,
        name_nl=row["name_nl"],
        name_en=row["name_en"],
        core_team=row["core_team"],
        coordinator_nl=row["coordinator_nl"],
    )


def _party(
    slug: str, name: str, kind: PartyKind, oin: str, areas: tuple[str, ...], clearance: Tlp = Tlp.RED
) -> Party:
    return Party(slug, name, kind, f"{slug}@postbus.example", oin, areas, clearance)


def _organisations(functions: list[Row]) -> list[Party]:
    coordinators = {slug for row in functions for slug in _parts(row["coordinators"])}
    return [_organisation(row, coordinates=row["slug"] in coordinators) for row in _read("organisations")]


def _organisation(row: Row, *, coordinates: bool) -> Party:
    kind = PartyKind(row["kind"])
    is_open = kind in (PartyKind.UMBRELLA, PartyKind.KNOWLEDGE_INSTITUTE) and not coordinates
    clearance = Tlp.GREEN if is_open else Tlp.RED
    return _party(row["slug"], row["name"], kind, row["oin"], _parts(row["areas"]), clearance)


def _core_teams(functions: list[Row]) -> list[Party]:
    overall = _party(
        OVERALL_CORE_TEAM,
        "Overkoepelend kernteam vitale en kwetsbare functies",
        PartyKind.CORE_TEAM,
        _oin(PartyKind.CORE_TEAM, 0),
        ("NL",),
    )
    return [overall] + [
        _party(
            row["core_team"],
            f"Kernteam {row['name_nl']}",
            PartyKind.CORE_TEAM,
            _oin(PartyKind.CORE_TEAM, int(row["number"])),
            ("NL",),
        )
        for row in functions
        if row["number"]
    ]


def _decentral() -> list[Party]:
    tables = {
        PartyKind.MUNICIPALITY: ("municipalities", "Gemeente "),
        PartyKind.PROVINCE: ("provinces", "Provincie "),
        PartyKind.WATER_BOARD: ("water_boards", ""),
        PartyKind.SAFETY_REGION: ("safety_regions", "Veiligheidsregio "),
    }
    return [
        _party(
            row["code"].lower(), prefix + row["name"], kind, _oin(kind, int(row["code"][2:])), (row["code"],)
        )
        for kind, (table, prefix) in tables.items()
        for row in _read(table)
    ]


def _oin(kind: PartyKind, number: int) -> str:
    return f"00000099{_OIN_SERIES[kind] + number:08d}0000"


def _areas() -> dict[str, Area]:
    names = {
        row["code"]: row["name"] for t in ("provinces", "safety_regions", "water_boards") for row in _read(t)
    }
    names["NL"] = "Nederland"
    members: dict[str, set[str]] = {code: set() for code in names}
    areas = {}
    for row in _read("municipalities"):
        areas[row["code"]] = Area(row["code"], row["name"], frozenset({row["code"]}))
        for code in (row["province"], row["safety_region"], "NL"):
            members[code].add(row["code"])
    for row in _read("municipality_water_boards"):
        members[row["water_board"]].add(row["municipality"])
    return areas | {code: Area(code, name, frozenset(members[code])) for code, name in names.items()}


def _roles(functions: list[Row], parties: list[Party]) -> tuple[Role, ...]:
    roles: dict[Role, None] = {}
    for row in functions:
        slug = FunctionSlug(row["slug"])
        roles[Role(row["core_team"], slug, RoleKind.CORE_TEAM)] = None
        for coordinator in _parts(row["coordinators"]):
            roles[Role(coordinator, slug, RoleKind.COORDINATOR)] = None
        if row["responsible_ministry"]:
            roles[Role(row["responsible_ministry"], slug, RoleKind.RESPONSIBLE_MINISTRY)] = None
    ministries = {(role.party, role.function) for role in roles if role.kind == RoleKind.RESPONSIBLE_MINISTRY}
    for row in _read("organisations"):
        for name in _parts(row["functions"]):
            if (row["slug"], name) not in ministries:
                roles[Role(row["slug"], FunctionSlug(name), _ROLE_OF_KIND[row["kind"]])] = None
    for party in parties:
        for function in _OWN_FUNCTIONS.get(party.kind, ()):
            roles[Role(party.slug, function, RoleKind.OPERATOR)] = None
    return tuple(roles)
