"""Requests that can't wait, or are for a crisis, are known before the router has kept them."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    op.create_table(
        "pressing",
        sa.Column("event_key", sa.Uuid(), nullable=False),
        sa.Column("operator", sa.Text(), nullable=False),
        sa.Column("crisis", sa.Text()),
        sa.Column("content", postgresql.JSONB(), nullable=False),
        sa.PrimaryKeyConstraint("event_key", "operator"),
        comment="requests that are urgent or for a crisis, as the throttle read them; crisis: as in sheet",
    )
    op.create_index("pressing_for_crisis", "pressing", ["operator", "crisis"])
