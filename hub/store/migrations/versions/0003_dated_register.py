"""The register through time: each entry with when it holds, and the versions that have it."""

from datetime import date

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0003"
down_revision = "0002"

_BEGINS = date(2024, 1, 1)
_MOVED = (
    """
    INSERT INTO register_entry (kind, key, since, facts, added_in)
    SELECT 'function', slug, :since, to_jsonb(function_facts), :version FROM function_facts
    """,
    """
    INSERT INTO register_entry (kind, key, since, facts, added_in)
    SELECT 'area', area.code, :since, jsonb_build_object(
      'code', area.code, 'name', area.name, 'successors', '[]'::jsonb, 'within',
      CASE WHEN area.code LIKE 'GM%' THEN (
        SELECT coalesce(
          jsonb_agg(other.code ORDER BY strpos('PVVRWS', left(other.code, 2)), other.code), '[]')
        FROM area AS other
        WHERE area.code = ANY (other.municipalities) AND other.code NOT IN (area.code, 'NL')
      ) ELSE '[]'::jsonb END), :version
    FROM area
    """,
    """
    INSERT INTO register_entry (kind, key, since, facts, added_in)
    SELECT 'party', slug, :since, to_jsonb(party), :version FROM party
    """,
    """
    INSERT INTO register_entry (kind, key, since, facts, added_in)
    SELECT 'party', 'kernhub', :since, jsonb_build_object(
      'slug', 'kernhub', 'name', 'Kernhub', 'kind', 'hub', 'mailbox', 'kernhub@postbus.example',
      'oin', '00000099700000000000', 'areas', '["NL"]'::jsonb, 'clearance', 'RED'), :version
    WHERE EXISTS (SELECT FROM party) AND NOT EXISTS (SELECT FROM party WHERE slug = 'kernhub')
    """,
    """
    INSERT INTO register_entry (kind, key, since, facts, added_in)
    SELECT 'role', party || ' ' || function || ' ' || kind, :since,
      jsonb_build_object('party', party, 'function', function, 'kind', kind), :version
    FROM role
    """,
    """
    INSERT INTO register_entry (kind, key, since, facts, added_in)
    SELECT 'dependency', from_function || ' ' || to_function, :since,
      to_jsonb(dependency) || '{"origin": ""}', :version
    FROM dependency
    """,
)


def upgrade() -> None:
    op.create_table(
        "register_entry",
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("since", sa.Date(), nullable=False),
        sa.Column("until", sa.Date()),
        sa.Column("facts", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("added_in", sa.Integer(), nullable=False),
        sa.Column("removed_in", sa.Integer()),
        sa.PrimaryKeyConstraint("kind", "key", "since", "added_in"),
        comment="holds from since until the day before until, "
        "in the versions added_in until before removed_in",
    )
    connection = op.get_bind()
    version = connection.scalar(sa.text("SELECT max(version) FROM register_version"))
    if version is not None:
        for statement in _MOVED:
            connection.execute(sa.text(statement), {"since": _BEGINS, "version": version})
    for table in ("function_facts", "area", "party", "role", "dependency"):
        op.drop_table(table)
    # Only the newest version is still known whole.
    op.execute("DELETE FROM register_version WHERE version < (SELECT max(version) FROM register_version)")
    op.add_column("register_version", sa.Column("on_day", sa.Date()))
    op.add_column("register_version", sa.Column("next_change", sa.Date()))
    op.add_column("register_version", sa.Column("by", sa.Text()))
    op.execute(
        "UPDATE register_version SET on_day = (made_at AT TIME ZONE 'Europe/Amsterdam')::date, by = 'seed'"
    )
    op.alter_column("register_version", "on_day", nullable=False)
    op.alter_column("register_version", "by", nullable=False)
    op.create_table_comment(
        "register_version",
        "the register on one Dutch day; next_change: the next day on which something begins or ends",
    )
