"""A claim is changed once, when Kafka has its event: with room on its page that costs no second entry in the
index."""

from alembic import op

revision = "0048"
down_revision = "0045"


def upgrade() -> None:
    op.execute("ALTER TABLE claim SET (fillfactor = 50)")


def downgrade() -> None:
    op.execute("ALTER TABLE claim RESET (fillfactor)")
