"""What workers keep."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Identity,
    Index,
    Integer,
    PrimaryKeyConstraint,
    Table,
    Text,
    Uuid,
    text,
    true,
)
from sqlalchemy.dialects.postgresql import JSONB

from hub.store.tables.kinds import metadata, moment

handled = Table(
    "handled",
    metadata,
    Column("consumer", Text, nullable=False),
    Column("event_key", Uuid, nullable=False),
    PrimaryKeyConstraint("consumer", "event_key"),
    comment="a consumer that has done an event says so in the transaction of its effect",
)
dead_letter = Table(
    "dead_letter",
    metadata,
    Column("consumer", Text, nullable=False),
    Column("topic", Text, nullable=False),
    Column("partition", Integer, nullable=False),
    Column("offset", BigInteger, nullable=False),
    Column("event_key", Uuid),
    Column("reason", Text, nullable=False),
    Column("problems", JSONB, nullable=False),
    Column("at", moment, nullable=False),
    Column("sent_again_at", moment),
    PrimaryKeyConstraint("consumer", "topic", "partition", "offset"),
    Index("dead_letter_event", "event_key"),
)
clock = Table(
    "clock",
    metadata,
    Column("only", Integer, primary_key=True, server_default="1"),
    Column("now", moment, nullable=False),
    CheckConstraint('"only" = 1', name="clock_one_row"),
    comment="the time of a scenario; empty in a real hub",
)

outbox = Table(
    "outbox",
    metadata,
    Column("position", BigInteger, Identity(), primary_key=True),
    Column("event_key", Uuid, nullable=False, unique=True),
    Column("content", JSONB, nullable=False),
    Column("made_at", moment, nullable=False),
    Column("published_at", moment),
    Column("is_own", Boolean, nullable=False, server_default=true()),
    Index("outbox_waiting", text("is_own DESC"), "position", postgresql_where=text("published_at IS NULL")),
    comment="events of the hub itself, and those of files, until Kafka has them",
)
