"""Rights are checked again at sending; the throttle keeps its answers; requests end with a moment."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.create_table(
        "answer",
        sa.Column("answer_key", sa.Uuid(), nullable=False),
        sa.Column("operator", sa.Text(), nullable=False),
        sa.Column("question_key", sa.Uuid(), nullable=False),
        sa.Column("content", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.PrimaryKeyConstraint("answer_key"),
        comment="the answers that the throttle has seen, also those that came before their question",
    )
    op.create_index("answer_question", "answer", ["question_key", "operator"])
    op.execute(
        """
        INSERT INTO answer (answer_key, operator, question_key, content)
        SELECT DISTINCT ON (item.answer_key) item.answer_key, item.operator, request.event_key, event.content
        FROM item
        JOIN event ON event.event_key = item.answer_key
        JOIN request ON request.item_key = item.item_key
        ORDER BY item.answer_key, request.received_at
        """
    )
    op.add_column("bundle", sa.Column("withheld", sa.Text()))
    op.add_column("request", sa.Column("closed_at", sa.TIMESTAMP(timezone=True)))
    op.add_column("mail", sa.Column("register_version", sa.Integer(), nullable=False, server_default="0"))
    op.alter_column("mail", "register_version", server_default=None)
    op.execute("UPDATE mail SET state = 'failed' WHERE state = 'withheld'")
    _states("mail", "queued", "sent", "failed")
    _states("item", "waiting", "sent", "answered", "expired", "withheld")
    _states("request", "waiting", "joined-sent", "sent", "answered", "not-shared", "expired", "withheld")


def _states(table: str, *states: str) -> None:
    name = f"{table}_state"
    op.drop_constraint(name, table)
    allowed = ", ".join(f"'{state}'" for state in states)
    op.create_check_constraint(name, table, f"state IN ({allowed})")
