"""What the role of the workers may do: use every table, and of the ledger's only add to them."""

from typing import NamedTuple

from sqlalchemy import make_url, text
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.errors import HubError, NotConfigured
from hub.settings import Settings
from hub.store.database import dsn

_ADDED_TO = ("ledger", "ledger_batch", "ledger_tile", "tree_head")
_OWNERS = "ledger_set_aside"
"""What only the owner of the tables adds to: a worker could else keep records from their number."""
_GRANTS = (
    "GRANT USAGE ON SCHEMA public TO {role}",
    "GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {role}",
    "GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO {role}",
    f"REVOKE ALL ON {', '.join(_ADDED_TO)}, {_OWNERS}, alembic_version FROM {{role}}",
    f"GRANT SELECT, INSERT ON {', '.join(_ADDED_TO)} TO {{role}}",
    # The sequencer's: a trigger lets the number be given once, and a tile only grow.
    "GRANT UPDATE (first_number) ON ledger_batch TO {role}",
    "GRANT UPDATE (hashes) ON ledger_tile TO {role}",
    f"GRANT SELECT ON {_OWNERS}, alembic_version TO {{role}}",
)
_MAY_CHANGE = text(
    """
    SELECT bool_or(has_table_privilege(c.oid, 'UPDATE, DELETE, TRUNCATE, TRIGGER')
                   OR c.oid = CAST(:owners AS regclass) AND has_table_privilege(c.oid, 'INSERT')
                   OR pg_has_role(c.relowner, 'MEMBER'))
    FROM pg_class c WHERE c.oid = ANY (CAST(CAST(:tables AS text[]) AS regclass[]))
    """
)


class MayChangeLedger(HubError):
    """The role of the workers may change the ledger. Give them a role of their own."""

    def __init__(self, role: str):
        super().__init__(
            f"De databasegebruiker '{role}' mag het grootboek veranderen, en dat mag de hub niet. Zet in "
            "KERNHUB_DATABASE_URL een andere gebruiker, zet in KERNHUB_DATABASE_OWNER_URL de eigenaar van de "
            "tabellen, en draai 'kernhub prepare': dat maakt de andere gebruiker en geeft die zijn rechten."
        )


class AppRole(NamedTuple):
    """The role that the workers have, and the password that it gets when it is made."""

    name: str
    password: str | None


def app_role_of(settings: Settings) -> AppRole:
    """The role in the workers' address. Raises NotConfigured."""
    url = make_url(dsn(settings))
    if not url.username:
        raise NotConfigured("KERNHUB_DATABASE_URL noemt geen gebruiker.")
    return AppRole(url.username, url.password)


async def grant(connection: AsyncConnection, role: AppRole) -> None:
    """Makes the role if there is none of that name, and gives it exactly what the workers need. `connection`
    is of the owner. Raises MayChangeLedger when the role is the owner's own."""
    if role.name == await connection.scalar(text("SELECT current_user")):
        raise MayChangeLedger(role.name)
    quoted = connection.dialect.identifier_preparer.quote_identifier(role.name)
    known = text("SELECT true FROM pg_roles WHERE rolname = :name")
    if not await connection.scalar(known, {"name": role.name}):
        # PostgreSQL takes no parameters here; it quotes them itself.
        making = await connection.scalar(
            text(
                "SELECT format('CREATE ROLE %I LOGIN PASSWORD %L', "
                "CAST(:name AS text), CAST(:password AS text))"
            ),
            role._asdict(),
        )
        await connection.exec_driver_sql(str(making))
    for statement in _GRANTS:
        await connection.exec_driver_sql(statement.format(role=quoted))


async def must_only_add(connection: AsyncConnection) -> None:
    """Raises MayChangeLedger when this connection's role may change what stands in the ledger."""
    if await connection.scalar(_MAY_CHANGE, {"tables": [*_ADDED_TO, _OWNERS], "owners": _OWNERS}):
        raise MayChangeLedger(await connection.scalar(text("SELECT current_user")) or "")
