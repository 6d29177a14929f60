"""Answers are kept in a library, and serve who asks later. What was answered before serves on."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0008"
down_revision = "0007"

_texts = postgresql.ARRAY(sa.Text())
# An answer without an end held for ever; now it holds for a year, as any that says nothing of it.
_KEPT = """
    INSERT INTO kept_answer
    SELECT DISTINCT ON (item.answer_key) item.answer_key, item.operator, item.merge_key, 'static',
      item.functions,
      coalesce(
        (SELECT array_agg(DISTINCT line ->> 'area')
         FROM jsonb_array_elements(answer.content -> 'data' -> 'per_area') AS line),
        (SELECT array_agg(DISTINCT area) FROM request, unnest(request.areas) AS area
         WHERE request.item_key = item.item_key AND request.state IN ('answered', 'not-shared')),
        '{}'),
      item.opened_at::date,
      coalesce((answer.content -> 'data' ->> 'valid_until')::date, current_date + 365),
      answer.content ->> 'tlp',
      ARRAY(SELECT jsonb_array_elements_text(coalesce(answer.content -> 'data' -> 'recipients', '[]'))),
      item.item_key
    FROM item JOIN answer ON answer.answer_key = item.answer_key
    WHERE item.state = 'answered' AND answer.content ->> 'type' = 'nl.vitale-functies.question.answered.v1'
    ORDER BY item.answer_key, item.opened_at
"""


def upgrade() -> None:
    op.add_column("item", sa.Column("library_key", sa.Text()))
    op.execute("UPDATE item SET library_key = merge_key")
    op.alter_column("item", "library_key", nullable=False)
    op.create_index(
        "item_waiting",
        "item",
        ["operator", "library_key"],
        postgresql_where=sa.text("state = 'waiting'"),
    )
    op.create_table(
        "kept_answer",
        sa.Column("answer_key", sa.Uuid(), nullable=False),
        sa.Column("operator", sa.Text(), nullable=False),
        sa.Column("merge_key", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("functions", _texts, nullable=False),
        sa.Column("areas", _texts, nullable=False),
        sa.Column("given_on", sa.Date(), nullable=False),
        sa.Column("valid_until", sa.Date(), nullable=False),
        sa.Column("tlp", sa.Text()),
        sa.Column("named", _texts, nullable=False),
        sa.Column("item_key", sa.Uuid()),
        sa.PrimaryKeyConstraint("answer_key"),
        comment="the library: answers given or deposited; item_key: the item that a given one answered",
    )
    op.create_index("kept_answer_of_key", "kept_answer", ["operator", "merge_key"])
    op.create_table(
        "lapse",
        sa.Column("answer_key", sa.Uuid(), nullable=False),
        sa.Column("by_key", sa.Uuid(), nullable=False),
        sa.Column("operator", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("answer_key", "by_key"),
        comment="an answer no longer holds, by a newer one or a retraction; either may be the first to come",
    )
    op.create_table(
        "served",
        sa.Column("event_key", sa.Uuid(), nullable=False),
        sa.Column("operator", sa.Text(), nullable=False),
        sa.Column("answer_key", sa.Uuid(), nullable=False),
        sa.Column("areas", _texts, nullable=False),
        sa.Column("at", sa.TIMESTAMP(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("event_key", "operator", "answer_key"),
        comment="which areas of a request an answer of the library served",
    )
    op.create_index("served_answer", "served", ["answer_key"])
    op.execute(_KEPT)
