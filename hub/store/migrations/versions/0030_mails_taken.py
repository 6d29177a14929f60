"""What the mail server took over is noted at once; a group of mails is recorded together."""

import sqlalchemy as sa
from alembic import op

revision = "0030"
down_revision = "0029"


def upgrade() -> None:
    op.create_table(
        "mail_taken",
        sa.Column("mail_key", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("mail_key"),
        comment="mails that the mail server has taken over, until they are recorded as sent",
    )


def downgrade() -> None:
    raise NotImplementedError
