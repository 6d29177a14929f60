"""Which programs may speak for a party, and how they are known."""

from sqlalchemy import (
    BigInteger,
    Column,
    ForeignKey,
    Identity,
    Index,
    LargeBinary,
    PrimaryKeyConstraint,
    Table,
    Text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from hub.store.tables.kinds import metadata, moment

party_token = Table(
    "party_token",
    metadata,
    Column("token_hash", LargeBinary, primary_key=True),
    Column("party", Text, nullable=False),
    Column("made_at", moment, nullable=False),
    Column("number", BigInteger, Identity(), nullable=False, unique=True),
    Column("name", Text, nullable=False, server_default=""),
    Column("scopes", ARRAY(Text), nullable=False),
    Column("expires_at", moment),
    Column("used_at", moment),
    Index("party_token_party", "party"),
)
client = Table(
    "client",
    metadata,
    Column("client_id", Text, primary_key=True),
    Column("party", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("scopes", ARRAY(Text), nullable=False),
    Column("made_at", moment, nullable=False),
    Column("expires_at", moment),
    Column("used_at", moment),
    Column("public_keys", JSONB),
    Index("client_party", "party"),
    comment="a program that gets access tokens; when its row goes, they end",
)
client_secret = Table(
    "client_secret",
    metadata,
    Column("secret_hash", LargeBinary, primary_key=True),
    Column("client_id", Text, ForeignKey("client.client_id", ondelete="CASCADE"), nullable=False),
    Column("number", BigInteger, Identity(), nullable=False, unique=True),
    Column("made_at", moment, nullable=False),
    Column("used_at", moment),
    Index("client_secret_client", "client_id"),
)
used_assertion = Table(
    "used_assertion",
    metadata,
    Column("client_id", Text, nullable=False),
    Column("assertion_id", Text, nullable=False),
    Column("until", moment, nullable=False),
    PrimaryKeyConstraint("client_id", "assertion_id"),
    comment="what a client signed to be known by counts once; kept until it expires",
)
kafka_account = Table(
    "kafka_account",
    metadata,
    Column("party", Text, primary_key=True),
    Column("scopes", ARRAY(Text), nullable=False),
    Column("opened_at", moment, nullable=False),
    comment="a party that publishes on its own Kafka topic; when its row goes, it is closed",
)
