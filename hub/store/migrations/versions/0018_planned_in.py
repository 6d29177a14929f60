"""Of each planning it stands in which transaction it was made, so that one can read what is new."""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"


def upgrade() -> None:
    # What stands there already was made before any transaction under way.
    op.add_column("planning", sa.Column("written_in", sa.BigInteger(), server_default="0", nullable=False))
    op.alter_column("planning", "written_in", server_default=sa.text("pg_current_xact_id()::text::bigint"))
    op.create_index("planning_written", "planning", ["written_in"])
    op.create_table_comment(
        "planning",
        "the audiences that one transaction planned, numbered once it has committed. written_in: which",
    )


def downgrade() -> None:
    raise NotImplementedError
