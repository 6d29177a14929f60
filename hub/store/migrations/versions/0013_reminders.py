"""Bundles and what is asked in them have a number, to refer to."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"

_BUNDLES = """
    UPDATE bundle SET number = counted.number
    FROM (
        SELECT bundle_key,
               row_number() OVER (PARTITION BY operator ORDER BY released_at, bundle_key) AS number
        FROM bundle WHERE kind <> 'crisis' AND mail_key IS NOT NULL
    ) AS counted
    WHERE counted.bundle_key = bundle.bundle_key
"""
_ITEMS = """
    INSERT INTO bundle_item (bundle_key, number, item_key)
    SELECT item.bundle_key,
           row_number() OVER (PARTITION BY item.bundle_key ORDER BY item.needed_by NULLS LAST, item.item_key),
           item.item_key
    FROM item JOIN bundle ON bundle.bundle_key = item.bundle_key
    WHERE bundle.number IS NOT NULL
"""


def upgrade() -> None:
    op.add_column("bundle", sa.Column("number", sa.Integer()))
    op.create_table(
        "bundle_item",
        sa.Column("bundle_key", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("item_key", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("bundle_key", "number"),
        comment="under which number an item stands in the mail of a bundle, for good",
    )
    op.create_index("bundle_item_key", "bundle_item", ["bundle_key", "item_key"], unique=True)
    op.execute(_BUNDLES)
    op.execute(_ITEMS)
    op.create_index(
        "bundle_number",
        "bundle",
        ["operator", "number"],
        unique=True,
        postgresql_where=sa.text("number IS NOT NULL"),
    )
    op.create_table_comment(
        "bundle",
        "every contact with an operator; number: its own count of bundles, from the first mail of each; "
        "cause: the urgent request, or the situation sheet; input_hash: over all that decided a routine one; "
        "none in bundles of before it was kept",
    )
