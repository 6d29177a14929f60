"""Parties that publish on a Kafka topic of their own, and what they may say there."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY

revision = "0019"
down_revision = "0018"


def upgrade() -> None:
    op.create_table(
        "kafka_account",
        sa.Column("party", sa.Text(), primary_key=True),
        sa.Column("scopes", ARRAY(sa.Text()), nullable=False),
        sa.Column("opened_at", sa.TIMESTAMP(timezone=True), nullable=False),
        comment="a party that publishes on its own Kafka topic; when its row goes, it is closed",
    )
