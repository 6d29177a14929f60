"""People sign in by a link in their team's mailbox."""

import sqlalchemy as sa
from alembic import op

revision = "0029"
down_revision = "0028"

_MOMENT = sa.TIMESTAMP(timezone=True)


def upgrade() -> None:
    op.create_table(
        "sign_in",
        sa.Column("request_key", sa.Uuid, nullable=False),
        sa.Column("party", sa.Text, comment="empty: no party has that mailbox"),
        sa.Column("mailbox_mark", sa.LargeBinary, nullable=False),
        sa.Column("address_mark", sa.LargeBinary, nullable=False),
        sa.Column("browser_hash", sa.LargeBinary, nullable=False),
        sa.Column("asked_at", _MOMENT, nullable=False),
        sa.Column("used_at", _MOMENT),
        sa.Column("mail_key", sa.Uuid),
        sa.PrimaryKeyConstraint("request_key"),
        comment="that a link to sign in was asked; whose mailbox and from where it was, only the hub can "
        "tell",
    )
    op.create_index("sign_in_asked", "sign_in", ["asked_at"])
    op.create_index("sign_in_mail", "sign_in", ["mail_key"])
    op.create_index(
        "sign_in_to_mail",
        "sign_in",
        ["asked_at"],
        postgresql_where=sa.text("party IS NOT NULL AND mail_key IS NULL"),
    )
    op.create_table(
        "session",
        sa.Column("session_hash", sa.LargeBinary, nullable=False),
        sa.Column("party", sa.Text, nullable=False),
        sa.Column("mailbox", sa.Text, nullable=False),
        sa.Column("began_at", _MOMENT, nullable=False),
        sa.Column("seen_at", _MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("session_hash"),
        comment="a person who signed in for a party; when the row goes, that ends",
    )
    op.create_table(
        "upload",
        sa.Column("session_hash", sa.LargeBinary, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("content", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("session_hash"),
        sa.ForeignKeyConstraint(["session_hash"], ["session.session_hash"], ondelete="CASCADE"),
        comment="the file that was tried last, until it is sent or the session ends",
    )
    op.drop_constraint("mail_kind", "mail")
    op.create_check_constraint(
        "mail_kind",
        "mail",
        "kind IN ('immediate', 'together', 'digest', 'bundle', 'reminder', 'confirmation', 'notice', "
        "'sign-in')",
    )


def downgrade() -> None:
    raise NotImplementedError
