"""Requests know when half of their time is over, and with which others a person may say that they are one."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    op.add_column("request", sa.Column("half_way_at", sa.TIMESTAMP(timezone=True)))
    op.add_column("request", sa.Column("library_key", sa.Text()))
    op.add_column("request", sa.Column("visibility", sa.Text()))
    op.add_column("request", sa.Column("referred_by", sa.Uuid()))
    op.add_column("request", sa.Column("not_before", sa.Integer()))
    op.add_column(
        "operator_lock", sa.Column("steps", sa.Integer(), nullable=False, server_default=sa.text("0"))
    )
    op.create_table_comment(
        "operator_lock",
        "one row per operator, locked to join and to release; the last slot that was run, whose turn it is "
        "since, and how often its items were steered",
    )
    op.execute(
        "UPDATE request SET half_way_at = received_at + (expires_at - received_at) / 2, "
        "library_key = item.library_key FROM item WHERE item.item_key = request.item_key"
    )
    op.alter_column("request", "half_way_at", nullable=False)
    op.alter_column("request", "library_key", nullable=False)
    op.create_index(
        "request_half_way",
        "request",
        ["half_way_at"],
        postgresql_where=sa.text("NOT told_half_way AND state IN ('waiting', 'joined-sent', 'sent')"),
    )
    op.create_index("request_of_key", "request", ["operator", "merge_key"])
