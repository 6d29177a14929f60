"""The hash of a content is salted in the ledger, and a content can be removed."""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"


def upgrade() -> None:
    salt = sa.text("uuid_send(gen_random_uuid())")
    op.add_column("claim", sa.Column("salt", sa.LargeBinary(), server_default=salt))
    op.create_table_comment(
        "claim",
        "(source, id) is one content for ever; acknowledged_at: Kafka has it; salt: of the hash in the "
        "ledger, null when the content was removed",
    )
    op.create_table(
        "removal",
        sa.Column("event_key", sa.Uuid(), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text()),
        sa.Column("removed_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("event_key"),
        sa.CheckConstraint("why IN ('erased', 'retention')", name="removal_why"),
        comment="contents that were removed; reason: in words, of who erased it, and not in the ledger",
    )


def downgrade() -> None:
    raise NotImplementedError
