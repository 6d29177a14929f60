"""Events of the hub itself wait in an outbox until Kafka has them."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    op.create_table(
        "outbox",
        sa.Column("position", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("event_key", sa.Uuid(), nullable=False),
        sa.Column("content", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("made_at", sa.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("published_at", sa.TIMESTAMP(timezone=True)),
        sa.PrimaryKeyConstraint("position"),
        sa.UniqueConstraint("event_key"),
        comment="events of the hub itself, until Kafka has them",
    )
    op.create_index(
        "outbox_waiting", "outbox", ["position"], postgresql_where=sa.text("published_at IS NULL")
    )
