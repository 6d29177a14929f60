"""Bundles and what is asked in them have a number, to refer to; operators are reminded of what is open,
and asked to renew what ends."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"

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
    op.create_index("item_sent", "item", ["bundle_key"], postgresql_where=sa.text("state = 'sent'"))
    op.create_table(
        "reminder",
        sa.Column("operator", sa.Text(), nullable=False),
        sa.Column("slot", sa.Integer(), nullable=False),
        sa.Column("stands_alone", sa.Boolean(), nullable=False),
        sa.Column("made_at", sa.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("mail_key", sa.Uuid()),
        sa.Column("withheld", sa.Text()),
        sa.PrimaryKeyConstraint("operator", "slot"),
        comment="in which slots an operator is reminded: in the bundle of that slot, or in a mail of its own",
    )
    op.create_table(
        "reminded",
        sa.Column("bundle_key", sa.Uuid(), nullable=False),
        sa.Column("slot", sa.Integer(), nullable=False),
        sa.Column("operator", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("bundle_key", "slot"),
        comment="the bundles that a reminder is about",
    )
    op.create_index("reminded_in", "reminded", ["operator", "slot"])
    op.add_column("operator_lock", sa.Column("last_reminded", sa.Integer()))
    op.create_table_comment(
        "operator_lock",
        "one row per operator, locked to join and to release; the last slot that was run, whose turn it is "
        "since, how often its items were steered, and the last slot in which reminders were thought of",
    )
    op.drop_constraint("mail_kind", "mail")
    op.create_check_constraint("mail_kind", "mail", "kind IN ('immediate', 'digest', 'bundle', 'reminder')")
    op.create_table(
        "renewal",
        sa.Column("answer_key", sa.Uuid(), nullable=False),
        sa.Column("bundle_key", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("answer_key"),
        comment="the bundle in which an operator was asked, once, to renew an answer",
    )
    op.create_index("renewal_in", "renewal", ["bundle_key"])
