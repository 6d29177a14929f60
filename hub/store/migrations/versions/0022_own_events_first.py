"""The hub's own events are published before those of files."""

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"


def upgrade() -> None:
    op.add_column("outbox", sa.Column("is_own", sa.Boolean(), nullable=False, server_default=sa.true()))
    op.drop_index("outbox_waiting", "outbox")
    op.create_index(
        "outbox_waiting",
        "outbox",
        [sa.text("is_own DESC"), "position"],
        postgresql_where=sa.text("published_at IS NULL"),
    )
    op.create_table_comment(
        "outbox",
        "events of the hub itself, and those of files, until Kafka has them",
        existing_comment="events of the hub itself, until Kafka has them",
    )
