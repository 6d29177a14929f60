"""What a party got is found by the party in the records."""

from alembic import op

revision = "0023"
down_revision = "0022"


def upgrade() -> None:
    op.execute(
        """
        CREATE INDEX ledger_of_party ON ledger (substring(encode(record, 'escape'), '"party":"([^"]*)"'))
        WHERE kind IN ('mail-sent', 'delivery-sent', 'delivery-replayed', 'bottleneck-read', 'content-read',
                       'event-refused', 'more-refused', 'file-received')
        """
    )


def downgrade() -> None:
    raise NotImplementedError
