"""The ledger."""

from sqlalchemy import BigInteger, Column, Index, LargeBinary, Table, Text, Uuid, text
from sqlalchemy.dialects.postgresql import ARRAY

from hub.store.tables.kinds import metadata, moment

ledger = Table(
    "ledger",
    metadata,
    Column("record_key", Uuid, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("event_key", Uuid),
    Column("record", LargeBinary, nullable=False),
    Column("leaf_hash", LargeBinary, nullable=False),
    Column("number", BigInteger),
    Index("ledger_event", "event_key"),
    Index("ledger_number", "number", unique=True, postgresql_where=text("number IS NOT NULL")),
    Index("ledger_unnumbered", "record_key", postgresql_where=text("number IS NULL")),
    comment="append-only: a trigger lets only a number be given, once",
)
tree_head = Table(
    "tree_head",
    metadata,
    Column("size", BigInteger, primary_key=True),
    Column("root", LargeBinary, nullable=False),
    Column("subtrees", ARRAY(LargeBinary), nullable=False),
    Column("made_at", moment, nullable=False),
)
