"""The register in PostgreSQL: saved whole under a new version, loaded once per version."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import Table, delete, func, insert, select, text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from hub.errors import RegisterEmpty
from hub.register.model import (
    Area,
    Dependency,
    FunctionFacts,
    Party,
    PartyKind,
    Register,
    Role,
    RoleKind,
)
from hub.store import tables
from hub.store.database import transaction
from schemas.terms import FunctionSlug, Tlp

_LOCK = 7_301_002


async def save_register(connection: AsyncConnection, register: Register, now: datetime) -> None:
    """Replaces the register by this one, under its version."""
    rows: dict[Table, Iterable[dict[str, Any]]] = {
        tables.function_facts: (
            {
                "slug": f.slug,
                "number": f.number,
                "name_nl": f.name_nl,
                "name_en": f.name_en,
                "core_team": f.core_team,
                "coordinator_nl": f.coordinator_nl,
            }
            for f in register.functions.values()
        ),
        tables.area: (
            {"code": a.code, "name": a.name, "municipalities": sorted(a.municipalities)}
            for a in register.areas.values()
        ),
        tables.party: (
            {
                "slug": p.slug,
                "name": p.name,
                "kind": p.kind,
                "mailbox": p.mailbox,
                "oin": p.oin,
                "areas": list(p.areas),
                "clearance": p.clearance,
            }
            for p in register.parties.values()
        ),
        tables.role: (
            {"position": i, "party": r.party, "function": r.function, "kind": r.kind}
            for i, r in enumerate(register.roles)
        ),
        tables.dependency: (
            {"from_function": d.from_function, "to_function": d.to_function, "strength": d.strength}
            for d in register.dependencies
        ),
    }
    for table, values in rows.items():
        await connection.execute(delete(table))
        await connection.execute(insert(table), list(values))
    await connection.execute(insert(tables.register_version), {"version": register.version, "made_at": now})


async def seed_if_empty(pool: AsyncEngine, register: Register, now: datetime) -> bool:
    """Saves the first register where there is none; True when it did."""
    async with transaction(pool) as connection:
        await connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
        if await connection.scalar(select(func.max(tables.register_version.c.version))) is not None:
            return False
        await save_register(connection, register, now)
        return True


async def load_register(connection: AsyncConnection, version: int) -> Register:
    """The whole register as it stands, labelled with its version."""
    parties = await connection.execute(select(tables.party))
    functions = await connection.execute(
        select(tables.function_facts).order_by(tables.function_facts.c.number.nulls_last())
    )
    areas = await connection.execute(select(tables.area))
    roles = await connection.execute(select(tables.role).order_by(tables.role.c.position))
    dependencies = await connection.execute(select(tables.dependency))
    return Register(
        version=version,
        parties={
            r.slug: Party(
                r.slug, r.name, PartyKind(r.kind), r.mailbox, r.oin, tuple(r.areas), Tlp(r.clearance)
            )
            for r in parties
        },
        functions={
            FunctionSlug(r.slug): FunctionFacts(
                FunctionSlug(r.slug), r.number, r.name_nl, r.name_en, r.core_team, r.coordinator_nl
            )
            for r in functions
        },
        areas={r.code: Area(r.code, r.name, frozenset(r.municipalities)) for r in areas},
        roles=tuple(Role(r.party, FunctionSlug(r.function), RoleKind(r.kind)) for r in roles),
        dependencies=tuple(
            Dependency(FunctionSlug(r.from_function), FunctionSlug(r.to_function), r.strength)
            for r in dependencies
        ),
    )


async def newest_version(connection: AsyncConnection) -> int:
    """The version of the newest register. Raises RegisterEmpty when no register was ever saved."""
    version = await connection.scalar(select(func.max(tables.register_version.c.version)))
    if version is None:
        raise RegisterEmpty("Het register is leeg: voer 'kernhub prepare' uit.")
    return int(version)


class Registers:
    """The newest register, kept until there is a newer one."""

    def __init__(self, pool: AsyncEngine):
        self._pool = pool
        self._newest: Register | None = None

    async def newest(self) -> Register:
        """Raises RegisterEmpty when no register was ever saved."""
        async with transaction(self._pool) as connection:
            version = await newest_version(connection)
            if self._newest is None or self._newest.version != version:
                self._newest = await load_register(connection, version)
            return self._newest
