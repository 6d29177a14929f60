"""The first items of an asker in the line of an operator are found without reading the whole line."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"


_TURN = ["operator", "asker", "item_key", "received_at", "needed_by", "expires_at"]


def upgrade() -> None:
    op.create_index("request_turn", "request", _TURN, postgresql_where=sa.text("state = 'waiting'"))
    op.create_index(
        "item_special",
        "item",
        ["operator"],
        postgresql_where=sa.text(
            "state = 'waiting' AND (not_before IS NOT NULL OR tlp IN ('AMBER+STRICT', 'RED'))"
        ),
    )
