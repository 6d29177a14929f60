"""Deliveries stand in the order in which they were committed, for systems that read them."""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0012"


def upgrade() -> None:
    op.create_table(
        "planning",
        sa.Column("planning", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("number", sa.BigInteger()),
        sa.PrimaryKeyConstraint("planning"),
        comment="the audiences that one transaction planned; numbered once it has committed",
    )
    op.create_index(
        "planning_number", "planning", ["number"], unique=True, postgresql_where=sa.text("number IS NOT NULL")
    )
    op.create_index(
        "planning_unnumbered", "planning", ["planning"], postgresql_where=sa.text("number IS NULL")
    )
    op.execute("INSERT INTO planning DEFAULT VALUES")
    op.add_column("audience", sa.Column("planning", sa.BigInteger()))
    op.execute("UPDATE audience SET planning = (SELECT planning FROM planning)")
    op.alter_column("audience", "planning", nullable=False)
    op.create_index("audience_planning", "audience", ["planning", "position"])
    op.create_table(
        "secret",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("value", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("name"),
        comment="keys of the hub itself",
    )
