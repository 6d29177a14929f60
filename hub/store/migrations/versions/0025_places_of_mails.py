"""Mails have a place in the queue, a second reader and an invitation, and may tell a flood together."""

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0024"

_KINDS = "kind IN ('immediate', 'together', 'digest', 'bundle', 'reminder')"


def upgrade() -> None:
    op.add_column("mail", sa.Column("copy_to", sa.Text()))
    op.add_column("mail", sa.Column("calendar", sa.Text()))
    op.add_column(
        "mail",
        sa.Column("place", sa.TIMESTAMP(timezone=True), server_default=sa.text("now()"), nullable=False),
    )
    op.drop_constraint("mail_kind", "mail")
    op.create_check_constraint("mail_kind", "mail", _KINDS)
    op.drop_index("mail_queued", "mail")
    op.create_index("mail_queued", "mail", ["place"], postgresql_where=sa.text("state = 'queued'"))
    op.drop_index("mail_party", "mail")
    op.create_index("mail_party", "mail", ["party", "made_at"])
