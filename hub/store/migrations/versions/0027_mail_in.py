"""Mail that comes in is kept, and what was read in it; a mail may confirm answers."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0027"
down_revision = "0026"


def upgrade() -> None:
    op.create_table(
        "mail_in",
        sa.Column("mail_in_key", sa.Uuid(), nullable=False),
        sa.Column("sender", sa.Text(), nullable=False),
        sa.Column("recipient", sa.Text(), nullable=False),
        sa.Column("raw", sa.LargeBinary(), nullable=False),
        sa.Column("received_at", sa.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("step", sa.Integer(), server_default="0", nullable=False),
        sa.Column("party", sa.Text()),
        sa.Column("replied_to", sa.Uuid()),
        sa.Column("reason", sa.Text()),
        sa.Column("answers", postgresql.JSONB(), server_default="[]", nullable=False),
        sa.Column("event_keys", postgresql.ARRAY(sa.Uuid()), server_default="{}", nullable=False),
        sa.Column("mail_key", sa.Uuid()),
        sa.PrimaryKeyConstraint("mail_in_key"),
        sa.CheckConstraint(
            "state IN ('kept', 'read', 'answered', 'left', 'doubt', 'refused')", name="mail_in_state"
        ),
        comment="each mail that came in, as it came; sender: of its envelope; answers: what was "
        "read in it; mail_key: of the mail that tells of it; step: counts the changes of its state",
    )
    op.create_index(
        "mail_in_open",
        "mail_in",
        ["received_at"],
        postgresql_where=sa.text("state IN ('kept', 'read', 'doubt')"),
    )
    op.create_index("mail_in_events", "mail_in", ["event_keys"], postgresql_using="gin")
    op.create_index(
        "mail_in_untold",
        "mail_in",
        ["mail_in_key"],
        postgresql_where=sa.text(
            "(state IN ('answered', 'doubt') OR reason IS NOT NULL) AND mail_key IS NULL"
        ),
    )
    op.drop_constraint("mail_kind", "mail")
    op.create_check_constraint(
        "mail_kind",
        "mail",
        "kind IN ('immediate', 'together', 'digest', 'bundle', 'reminder', 'confirmation', 'notice')",
    )


def downgrade() -> None:
    raise NotImplementedError
