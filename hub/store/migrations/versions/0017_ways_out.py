"""Deliveries stand in the order in which they were committed, and each system has its place among them."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0017"
down_revision = "0016"

_MOMENT = sa.TIMESTAMP(timezone=True)


def upgrade() -> None:
    op.create_table(
        "planning",
        sa.Column("planning", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("number", sa.BigInteger()),
        sa.Column("made_at", _MOMENT, server_default=sa.text("now()"), nullable=False),
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
    op.create_table(
        "outlet",
        sa.Column("outlet_key", sa.Uuid(), nullable=False),
        sa.Column("party", sa.Text(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("target", postgresql.JSONB(), nullable=False),
        sa.Column("secrets", postgresql.JSONB(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("stopped_why", sa.Text()),
        sa.Column("stopped_at", _MOMENT),
        sa.Column("rate", sa.Integer()),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("wanted", sa.BigInteger(), nullable=False),
        sa.Column("failures", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("failing_since", _MOMENT),
        sa.Column("last_error", sa.Text()),
        sa.Column("taken_at", _MOMENT),
        sa.Column("due_at", _MOMENT),
        sa.Column("not_before", _MOMENT),
        sa.Column("held_by", sa.Uuid()),
        sa.Column("held_until", _MOMENT),
        sa.Column("mail_key", sa.Uuid()),
        sa.PrimaryKeyConstraint("outlet_key"),
        sa.UniqueConstraint("party", "channel", "name", name="outlet_name"),
        sa.CheckConstraint("state IN ('new', 'active', 'stopped')", name="outlet_state"),
        comment="a party's system that the hub sends to, and up to which place in the stream it was sent; "
        "wanted: up to which planning there may be something for it",
    )
    op.create_index("outlet_due", "outlet", ["due_at"], postgresql_where=sa.text("due_at IS NOT NULL"))
    op.create_table(
        "unsent",
        sa.Column("outlet_key", sa.Uuid(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("event_key", sa.Uuid(), nullable=False),
        sa.Column("delivery_key", sa.Uuid(), nullable=False),
        sa.Column("is_given_up", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("first_at", _MOMENT, nullable=False),
        sa.Column("due_at", _MOMENT, nullable=False),
        sa.Column("last_error", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("outlet_key", "number", "position"),
        comment="deliveries that a system did not take: to be tried again, or given up",
    )
    op.create_index(
        "unsent_due", "unsent", ["outlet_key", "due_at"], postgresql_where=sa.text("NOT is_given_up")
    )
    op.create_index("unsent_event", "unsent", ["event_key"])
    op.create_table(
        "feed_token",
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        sa.Column("party", sa.Text(), nullable=False),
        sa.Column("made_at", _MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("token_hash"),
        comment="tokens that stand in the address of a feed: they read, and do nothing else",
    )
    op.create_index("feed_token_party", "feed_token", ["party"])
