"""The salt of what a mail says stands beside it; what was taken back is found without reading the ledger."""

from alembic import op

revision = "0038"
down_revision = "0034"


def upgrade() -> None:
    op.execute("ALTER TABLE mail ADD COLUMN salt bytea")
    op.execute("CREATE INDEX ledger_taken_back ON ledger (record_key) WHERE kind = 'mail-taken-back'")


def downgrade() -> None:
    op.execute("DROP INDEX ledger_taken_back")
    op.execute("ALTER TABLE mail DROP COLUMN salt")
