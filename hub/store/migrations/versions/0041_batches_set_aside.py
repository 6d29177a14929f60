"""A wrong batch is set aside by the owner of the tables, and the ledger goes on without it."""

import sqlalchemy as sa
from alembic import op

revision = "0041"
down_revision = "0038"


def upgrade() -> None:
    op.create_table(
        "ledger_set_aside",
        sa.Column("batch", sa.BigInteger(), nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.Column("record_key", sa.Uuid(), nullable=False),
        sa.Column("set_aside_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("batch", "hash"),
        comment="batches that never get a number, each with the record that tells why; only the owner of the "
        "tables may add",
    )
    op.execute(
        "CREATE TRIGGER ledger_set_aside_append_only BEFORE UPDATE OR DELETE ON ledger_set_aside "
        "FOR EACH ROW EXECUTE FUNCTION ledger_append_only()"
    )
    op.execute(
        "CREATE TRIGGER ledger_set_aside_no_truncate BEFORE TRUNCATE ON ledger_set_aside "
        "FOR EACH STATEMENT EXECUTE FUNCTION ledger_append_only()"
    )
    op.execute("CREATE INDEX ledger_aside ON ledger (batch) WHERE kind = 'batch-set-aside'")


def downgrade() -> None:
    op.execute("DROP INDEX ledger_aside")
    op.drop_table("ledger_set_aside")
