"""What was to be told in a mail that was taken back is found by the event, and by the mail."""

from alembic import op

revision = "0045"
down_revision = "0041"


def upgrade() -> None:
    op.execute("DROP INDEX ledger_taken_back")
    op.execute(
        r"""
        CREATE INDEX ledger_mail_back ON ledger USING gin (array_append(
            string_to_array(substring(encode(record, 'escape'), '"events":\[([^]]*)\]'), ','),
            substring(encode(record, 'escape'), '"mail":("[0-9a-f-]{36}")')))
        WHERE kind = 'mail-taken-back'
        """
    )


def downgrade() -> None:
    op.execute("DROP INDEX ledger_mail_back")
    op.execute("CREATE INDEX ledger_taken_back ON ledger (record_key) WHERE kind = 'mail-taken-back'")
