"""What systems read: the order in which deliveries were planned, and where each party's system is in it."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Identity,
    Index,
    Integer,
    LargeBinary,
    PrimaryKeyConstraint,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

from hub.store.tables.kinds import metadata, moment

planning = Table(
    "planning",
    metadata,
    Column("planning", BigInteger, Identity(), primary_key=True),
    Column("number", BigInteger),
    Column("made_at", moment, nullable=False, server_default=text("now()")),
    Column(
        "written_in", BigInteger, nullable=False, server_default=text("pg_current_xact_id()::text::bigint")
    ),
    Index("planning_written", "written_in"),
    Index("planning_number", "number", unique=True, postgresql_where=text("number IS NOT NULL")),
    Index("planning_unnumbered", "planning", postgresql_where=text("number IS NULL")),
    comment="the audiences that one transaction planned, numbered once it has committed. written_in: which",
)
secret = Table(
    "secret",
    metadata,
    Column("name", Text, primary_key=True),
    Column("value", LargeBinary, nullable=False),
    comment="keys of the hub itself",
)
feed_token = Table(
    "feed_token",
    metadata,
    Column("token_hash", LargeBinary, primary_key=True),
    Column("party", Text, nullable=False),
    Column("made_at", moment, nullable=False),
    Index("feed_token_party", "party"),
    comment="tokens that stand in the address of a feed: they read, and do nothing else",
)
outlet = Table(
    "outlet",
    metadata,
    Column("outlet_key", Uuid, primary_key=True),
    Column("party", Text, nullable=False),
    Column("channel", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("target", JSONB, nullable=False),
    Column("secrets", JSONB, nullable=False),
    Column("state", Text, nullable=False),
    Column("stopped_why", Text),
    Column("stopped_at", moment),
    Column("rate", Integer),
    Column("number", BigInteger, nullable=False),
    Column("position", BigInteger, nullable=False),
    Column("wanted", BigInteger, nullable=False),
    Column("failures", Integer, nullable=False, server_default="0"),
    Column("failing_since", moment),
    Column("last_error", Text),
    Column("taken_at", moment),
    Column("due_at", moment),
    Column("not_before", moment),
    Column("held_by", Uuid),
    Column("held_until", moment),
    Column("mail_key", Uuid),
    UniqueConstraint("party", "channel", "name", name="outlet_name"),
    CheckConstraint("state IN ('new', 'active', 'stopped')", name="outlet_state"),
    Index("outlet_due", "due_at", postgresql_where=text("due_at IS NOT NULL")),
    comment="a party's system that the hub sends to, and up to which place in the stream it was sent; "
    "wanted: up to which planning there may be something for it",
)
unsent = Table(
    "unsent",
    metadata,
    Column("outlet_key", Uuid, nullable=False),
    Column("number", BigInteger, nullable=False),
    Column("position", BigInteger, nullable=False),
    Column("event_key", Uuid, nullable=False),
    Column("delivery_key", Uuid, nullable=False),
    Column("is_given_up", Boolean, nullable=False, server_default=text("false")),
    Column("attempts", Integer, nullable=False),
    Column("first_at", moment, nullable=False),
    Column("due_at", moment, nullable=False),
    Column("last_error", Text, nullable=False),
    PrimaryKeyConstraint("outlet_key", "number", "position"),
    Index("unsent_due", "outlet_key", "due_at", postgresql_where=text("NOT is_given_up")),
    Index("unsent_event", "event_key"),
    comment="deliveries that a system did not take: to be tried again, or given up",
)
pulled = Table(
    "pulled",
    metadata,
    Column("party", Text, primary_key=True),
    Column("number", BigInteger, nullable=False),
    Column("position", BigInteger, nullable=False),
    Column("at", moment, nullable=False),
    comment="up to which place in the stream a party's reader showed that it has what came before",
)
