"""When a link that stops mail ends, and how often a party chose on a day."""

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"


def upgrade() -> None:
    op.add_column(
        "mail_preference",
        sa.Column("chosen", sa.Integer, nullable=False, server_default="0", comment="how often by its form"),
    )
    op.add_column("mail_preference", sa.Column("day", sa.Date, comment="the last day on which it changed"))
    op.add_column(
        "mail_preference",
        sa.Column("changes", sa.Integer, nullable=False, server_default="0", comment="so often on that day"),
    )


def downgrade() -> None:
    for name in ("chosen", "day", "changes"):
        op.drop_column("mail_preference", name)
