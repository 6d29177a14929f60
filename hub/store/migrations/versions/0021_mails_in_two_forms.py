"""A mail is kept as HTML too, and names the mails that it follows; and what each party wants of its mail."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0021"
down_revision = "0020"


def upgrade() -> None:
    op.add_column("mail", sa.Column("html", sa.Text()))
    op.add_column(
        "mail", sa.Column("thread", postgresql.ARRAY(sa.Uuid()), server_default="{}", nullable=False)
    )
    op.add_column("mail", sa.Column("stops", sa.Text()))
    op.create_table(
        "mail_preference",
        sa.Column("party", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("content", postgresql.JSONB(), nullable=False),
        sa.Column("changed_at", sa.TIMESTAMP(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("party"),
        comment="what a party wants of its mail; without a row: the usual",
    )
