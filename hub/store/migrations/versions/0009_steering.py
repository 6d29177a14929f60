"""Requests are withdrawn, declined, postponed, merged, sent at once, and answered by a situation sheet."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0009"
down_revision = "0008"

_texts = postgresql.ARRAY(sa.Text())
_moment = sa.TIMESTAMP(timezone=True)


def upgrade() -> None:
    _states()
    op.add_column("request", sa.Column("merge_key", sa.Text()))
    op.execute(
        "UPDATE request SET merge_key = item.merge_key FROM item WHERE item.item_key = request.item_key"
    )
    op.alter_column("request", "merge_key", nullable=False)
    op.add_column(
        "request", sa.Column("told_half_way", sa.Boolean(), nullable=False, server_default=sa.text("false"))
    )
    _contacts()
    op.create_table(
        "steering",
        sa.Column("by_key", sa.Uuid(), primary_key=True),
        sa.Column("request_key", sa.Uuid(), nullable=False),
        sa.Column("party", sa.Text(), nullable=False),
        sa.Column("content", postgresql.JSONB(), nullable=False),
        sa.Column("at", _moment, nullable=False),
        comment="what was said of a request, also what came before it",
    )
    op.create_index("steering_of_request", "steering", ["request_key"])
    op.create_table(
        "question_word",
        sa.Column("by_key", sa.Uuid(), primary_key=True),
        sa.Column("operator", sa.Text(), nullable=False),
        sa.Column("one", sa.Uuid(), nullable=False),
        sa.Column("other", sa.Uuid(), nullable=False),
        sa.Column("word", sa.Text(), nullable=False),
        sa.Column("at", _moment, nullable=False),
        sa.CheckConstraint("word IN ('same', 'different')", name="question_word_word"),
        comment="a person says of two requests to an operator that they are the same question, or are not",
    )
    op.create_index("question_word_of_operator", "question_word", ["operator"])
    op.create_table(
        "sheet",
        sa.Column("situation_key", sa.Uuid(), nullable=False),
        sa.Column("operator", sa.Text(), nullable=False),
        sa.Column("function", sa.Text(), nullable=False),
        sa.Column("crisis", sa.Text(), nullable=False),
        sa.Column("areas", _texts, nullable=False),
        sa.Column("tlp", sa.Text(), nullable=False),
        sa.Column("opened_at", _moment, nullable=False),
        sa.Column("until", _moment, nullable=False),
        sa.Column("report_key", sa.Uuid()),
        sa.PrimaryKeyConstraint("situation_key", "operator", "function"),
        comment="the situation sheets of a crisis; report_key: the newest report",
    )
    op.create_index("sheet_of_operator", "sheet", ["operator", "crisis"])


def _states() -> None:
    op.drop_constraint("item_state", "item")
    op.create_check_constraint(
        "item_state",
        "item",
        "state IN ('waiting', 'sent', 'answered', 'declined', 'expired', 'withdrawn', 'withheld')",
    )
    op.drop_constraint("request_state", "request")
    op.create_check_constraint(
        "request_state",
        "request",
        "state IN ('waiting', 'joined-sent', 'sent', 'answered', 'not-shared', 'declined', 'expired', "
        "'withdrawn', 'withheld')",
    )


def _contacts() -> None:
    op.add_column("bundle", sa.Column("kind", sa.Text(), nullable=False, server_default="routine"))
    op.add_column("bundle", sa.Column("cause", sa.Uuid()))
    op.add_column("bundle", sa.Column("asker", sa.Text()))
    op.add_column(
        "bundle", sa.Column("confirmed", sa.Boolean(), nullable=False, server_default=sa.text("false"))
    )
    op.create_check_constraint("bundle_kind", "bundle", "kind IN ('routine', 'urgent', 'crisis')")
    op.create_check_constraint("bundle_cause", "bundle", "(kind = 'routine') = (cause IS NULL)")
    op.drop_constraint("bundle_operator_slot_key", "bundle")
    op.create_index(
        "bundle_operator_slot_key",
        "bundle",
        ["operator", "slot"],
        unique=True,
        postgresql_where=sa.text("kind = 'routine'"),
    )
    op.create_index("bundle_of_cause", "bundle", ["operator", "kind", "cause"], unique=True)
    op.create_table_comment(
        "bundle",
        "every contact with an operator; cause: the urgent request, or the situation sheet; input_hash: over "
        "all that decided a routine one; none in bundles of before it was kept",
    )
