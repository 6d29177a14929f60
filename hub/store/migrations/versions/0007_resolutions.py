"""Which event closes which bottleneck is decided once, when both are known."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"

_KNOWN = """
    INSERT INTO resolution (resolved_key, found_key, closes)
    SELECT resolved.event_key, found.event_key,
           resolved.publisher = found.publisher AND resolved.functions && found.functions
           OR resolved.functions @> found.functions AND resolved.areas @> found.areas
    FROM event resolved JOIN event found
      ON found.type = 'nl.vitale-functies.bottleneck.found.v1'
     AND resolved.content #>> '{data,bottleneck,source}' = found.content ->> 'source'
     AND resolved.content #>> '{data,bottleneck,id}' = found.content ->> 'id'
    WHERE resolved.type = 'nl.vitale-functies.bottleneck.resolved.v1'
"""


def upgrade() -> None:
    op.create_table(
        "resolution",
        sa.Column("resolved_key", sa.Uuid(), nullable=False),
        sa.Column("found_key", sa.Uuid(), nullable=False),
        sa.Column("closes", sa.Boolean()),
        sa.PrimaryKeyConstraint("resolved_key"),
        comment="an event that calls a bottleneck resolved, and whether it closes it; null: not found yet",
    )
    op.create_index("resolution_found", "resolution", ["found_key"])
    op.execute(_KNOWN)
