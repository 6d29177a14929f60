"""Questions can be read in the order in which they were written."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    op.add_column(
        "event",
        sa.Column(
            "written_in",
            sa.BigInteger(),
            nullable=False,
            server_default=sa.text("pg_current_xact_id()::text::bigint"),
        ),
    )
    op.create_table_comment(
        "event",
        "written_in: the transaction; transactions become visible out of order, so who reads what is new "
        "reads again from the first that was under way",
    )
    op.create_index(
        "event_question",
        "event",
        ["written_in", "event_key"],
        postgresql_where=sa.text(
            "type IN ('nl.vitale-functies.question.raised.v1', 'nl.vitale-functies.answer.deposited.v1')"
        ),
    )
