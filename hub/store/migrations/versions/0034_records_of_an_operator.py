"""What an operator was asked is found by the operator in the records."""

from alembic import op

revision = "0034"
down_revision = "0033"


def upgrade() -> None:
    op.execute(
        """
        CREATE INDEX ledger_of_operator
        ON ledger (substring(encode(record, 'escape'), '"operator":"([^"]*)"'))
        WHERE kind = 'request-placed'
        """
    )


def downgrade() -> None:
    op.execute("DROP INDEX ledger_of_operator")
