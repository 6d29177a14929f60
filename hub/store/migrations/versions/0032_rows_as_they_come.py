"""PostgreSQL stores the records of a COPY as they come, while later ones are made: it gathers a thousand rows
where no default of a column may differ from row to row."""

from alembic import op

revision = "0032"
down_revision = "0031"


def upgrade() -> None:
    op.execute("ALTER TABLE ledger ALTER COLUMN batch SET DEFAULT currval('ledger_batch_batch_seq')")


def downgrade() -> None:
    op.execute("ALTER TABLE ledger ALTER COLUMN batch DROP DEFAULT")
