"""API tokens have a number, a name, scopes, an end and their last use; programs can be OAuth clients."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

revision = "0016"
down_revision = "0015"

_MOMENT = sa.TIMESTAMP(timezone=True)


def upgrade() -> None:
    op.add_column(
        "party_token", sa.Column("number", sa.BigInteger(), sa.Identity(), nullable=False, unique=True)
    )
    op.add_column("party_token", sa.Column("name", sa.Text(), nullable=False, server_default=""))
    op.add_column("party_token", sa.Column("scopes", ARRAY(sa.Text()), nullable=True))
    op.add_column("party_token", sa.Column("expires_at", _MOMENT))
    op.add_column("party_token", sa.Column("used_at", _MOMENT))
    op.execute(
        "UPDATE party_token SET scopes = CASE WHEN party = 'kernhub' THEN ARRAY['read', 'administer'] "
        "ELSE ARRAY['publish', 'ask', 'read', 'answer'] END"
    )
    op.alter_column("party_token", "scopes", nullable=False)
    op.create_index("party_token_party", "party_token", ["party"])
    op.create_table(
        "client",
        sa.Column("client_id", sa.Text(), primary_key=True),
        sa.Column("party", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("scopes", ARRAY(sa.Text()), nullable=False),
        sa.Column("made_at", _MOMENT, nullable=False),
        sa.Column("expires_at", _MOMENT),
        sa.Column("used_at", _MOMENT),
        sa.Column("public_keys", JSONB()),
        comment="a program that gets access tokens; when its row goes, they end",
    )
    op.create_index("client_party", "client", ["party"])
    op.create_table(
        "client_secret",
        sa.Column("secret_hash", sa.LargeBinary(), primary_key=True),
        sa.Column(
            "client_id", sa.Text(), sa.ForeignKey("client.client_id", ondelete="CASCADE"), nullable=False
        ),
        sa.Column("number", sa.BigInteger(), sa.Identity(), nullable=False, unique=True),
        sa.Column("made_at", _MOMENT, nullable=False),
        sa.Column("used_at", _MOMENT),
    )
    op.create_index("client_secret_client", "client_secret", ["client_id"])
    op.create_table(
        "used_assertion",
        sa.Column("client_id", sa.Text(), nullable=False),
        sa.Column("assertion_id", sa.Text(), nullable=False),
        sa.Column("until", _MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("client_id", "assertion_id"),
        comment="what a client signed to be known by counts once; kept until it expires",
    )
    op.add_column("claim", sa.Column("publisher", sa.Text()))
    op.create_index("dead_letter_event", "dead_letter", ["event_key"])
