"""Who signed in at an issuer is known by the number that it told."""

import sqlalchemy as sa
from alembic import op

revision = "0033"
down_revision = "0032"


def upgrade() -> None:
    column = sa.Column(
        "number", sa.Text, comment="OIN or KvK number that the issuer told; null: signed in by a link"
    )
    op.add_column("session", column)


def downgrade() -> None:
    op.drop_column("session", "number")
