"""What a mail that was taken back would have told is found by the event, and by the mail; the ledger tells by
a hash what a version of the register brought."""

import sqlalchemy as sa
from alembic import op

revision = "0045"
down_revision = "0041"


def upgrade() -> None:
    op.add_column("register_version", sa.Column("salt", sa.LargeBinary()))
    op.create_table_comment(
        "register_version",
        "the register on one Dutch day; next_change: the next day on which something begins or ends; "
        "salt: of the hash that the ledger has of its entries, null for versions of before there was one",
    )
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
    op.drop_column("register_version", "salt")
    op.execute("CREATE INDEX ledger_taken_back ON ledger (record_key) WHERE kind = 'mail-taken-back'")
