"""Operators set their own pace, whose turn it is is kept, and every request ends."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0006"
down_revision = "0005"

_RUN = """
    UPDATE operator_lock SET last_run = greatest(last_run, done.slot)
    FROM (SELECT max(slot) AS slot FROM slot_done) AS done
"""
_SLOT_AT = """
    UPDATE bundle
    SET slot_at = (date '1970-01-06' + 7 * slot + time '10:00') AT TIME ZONE 'Europe/Amsterdam',
      only_classified = NOT EXISTS (
        SELECT FROM item
        WHERE item.bundle_key = bundle.bundle_key AND item.tlp NOT IN ('AMBER+STRICT', 'RED'))
"""
_EXPIRES = """
    UPDATE request SET expires_at = least(expires_at, CASE
      WHEN needed_by IS NULL THEN received_at + interval '27 weeks'
      ELSE (needed_by + 15)::timestamp AT TIME ZONE 'Europe/Amsterdam' END)
"""


def upgrade() -> None:
    op.alter_column("operator_lock", "last_slot", new_column_name="last_run")
    op.execute(_RUN)
    op.drop_table("slot_done")
    op.add_column("operator_lock", sa.Column("turns", postgresql.JSONB(astext_type=sa.Text())))
    op.create_table_comment(
        "operator_lock",
        "one row per operator, locked to join and to release; the last slot that was run, and whose turn "
        "it is since",
    )
    op.create_table(
        "operator_policy",
        sa.Column("operator", sa.Text(), nullable=False),
        sa.Column("since", sa.Integer(), nullable=False),
        sa.Column("policy", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("made_at", sa.TIMESTAMP(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("operator", "since"),
        comment="what an operator set, and the first slot for which it holds; before that the default holds",
    )
    op.add_column("bundle", sa.Column("slot_at", sa.TIMESTAMP(timezone=True)))
    op.add_column("bundle", sa.Column("only_classified", sa.Boolean()))
    op.add_column("bundle", sa.Column("input_hash", sa.LargeBinary()))
    op.execute(_SLOT_AT)
    op.alter_column("bundle", "slot_at", nullable=False)
    op.alter_column("bundle", "only_classified", nullable=False)
    op.create_table_comment(
        "bundle", "input_hash: over all that decided it; none in bundles of before it was kept"
    )
    op.add_column("item", sa.Column("not_before", sa.Integer()))
    op.drop_index("item_answered", "item")
    op.create_index("item_of_key", "item", ["operator", "merge_key"])
    # What was asked before ends as what is asked now does.
    op.execute(_EXPIRES)
    op.alter_column("request", "expires_at", nullable=False)
    op.create_index(
        "request_waiting",
        "request",
        ["operator", "received_at"],
        postgresql_where=sa.text("state = 'waiting'"),
    )
    op.create_index(
        "request_expiring",
        "request",
        ["expires_at"],
        postgresql_where=sa.text("state IN ('waiting', 'joined-sent', 'sent')"),
    )
