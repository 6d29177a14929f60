"""What came in place of an event is found by it; which dead letters were sent again."""

import sqlalchemy as sa
from alembic import op

revision = "0031"
down_revision = "0030"


def upgrade() -> None:
    op.add_column("dead_letter", sa.Column("sent_again_at", sa.DateTime(timezone=True)))
    op.execute(
        """
        CREATE INDEX event_supersedes ON event
          ((content #>> '{data,supersedes,id}'), (content #>> '{data,supersedes,source}'))
        WHERE type IN ('nl.vitale-functies.answer.deposited.v1',
                       'nl.vitale-functies.ministry-consultation.planned.v1',
                       'nl.vitale-functies.question.answered.v1',
                       'nl.vitale-functies.risk-dialogue.planned.v1')
        """
    )


def downgrade() -> None:
    op.execute("DROP INDEX event_supersedes")
    op.drop_column("dead_letter", "sent_again_at")
