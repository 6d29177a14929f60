"""The ledger."""

from sqlalchemy import (
    BigInteger,
    Column,
    ColumnElement,
    Identity,
    Index,
    LargeBinary,
    PrimaryKeyConstraint,
    SmallInteger,
    Table,
    Text,
    Uuid,
    select,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY

from hub.store.tables.kinds import metadata, moment

OF_PARTY = (
    "kind IN ('mail-sent', 'delivery-sent', 'delivery-replayed', 'bottleneck-read', 'content-read', "
    "'event-refused', 'more-refused', 'file-received')"
)
"""Records that tell of one party alone, which their member `party` names."""
PARTY_OF = 'substring(encode(record, \'escape\'), \'"party":"([^"]*)"\')'
"""That party. A record that was tampered with has none, and is no error."""
OF_OPERATOR = "kind = 'request-placed'"
"""Records that an operator was asked, which their member `operator` names."""
OPERATOR_OF = 'substring(encode(record, \'escape\'), \'"operator":"([^"]*)"\')'
"""That operator."""
OF_MAIL_BACK = "kind = 'mail-taken-back'"
"""Records that a mail was taken back: their member `mail`, and the `events` that it would have told."""
BACK_ABOUT = (
    "array_append(string_to_array(substring(encode(record, 'escape'), '\"events\":\\[([^]]*)\\]'), ','), "
    "substring(encode(record, 'escape'), '\"mail\":(\"[0-9a-f-]{36}\")'))"
)
"""That mail and those events, each in quotes."""
COUNTS = "batch NOT IN (SELECT batch FROM ledger_set_aside)"
"""Of a batch that was not set aside: what its records say may be told as what happened."""
ledger = Table(
    "ledger",
    metadata,
    Column("record_key", Uuid, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("event_key", Uuid),
    Column("record", LargeBinary, nullable=False),
    Column("leaf_hash", LargeBinary, nullable=False),
    # A COPY that leaves it out is stored as it comes: with no default that may differ, by the thousand rows.
    Column("batch", BigInteger, nullable=False, server_default=text("currval('ledger_batch_batch_seq')")),
    Index("ledger_event", "event_key"),
    Index("ledger_received", "leaf_hash", postgresql_where=text("kind = 'event-received'")),
    Index("ledger_of_party", text(PARTY_OF), postgresql_where=text(OF_PARTY)),
    Index("ledger_of_operator", text(OPERATOR_OF), postgresql_where=text(OF_OPERATOR)),
    Index("ledger_mail_back", text(BACK_ABOUT), postgresql_using="gin", postgresql_where=text(OF_MAIL_BACK)),
    Index("ledger_aside", "batch", postgresql_where=text("kind = 'batch-set-aside'")),
    Index("ledger_key", "kind", postgresql_where=text("kind = 'ledger-key'")),
    comment="append-only: a trigger refuses every change",
)
ledger_batch = Table(
    "ledger_batch",
    metadata,
    Column("batch", BigInteger, Identity(), primary_key=True),
    Column("record_keys", ARRAY(Uuid), nullable=False),
    Column("leaf_hashes", LargeBinary, nullable=False),
    Column("first_number", BigInteger),
    Index(
        "ledger_batch_number", "first_number", unique=True, postgresql_where=text("first_number IS NOT NULL")
    ),
    Index("ledger_batch_unnumbered", "batch", postgresql_where=text("first_number IS NULL")),
    comment="records written together are numbered together, in this order: a trigger lets only the first "
    "number be given, once",
)
ledger.add_is_dependent_on(ledger_batch)  # its numbers are a default here
ledger_tile = Table(
    "ledger_tile",
    metadata,
    Column("level", SmallInteger, nullable=False),
    Column("place", BigInteger, nullable=False),
    Column("hashes", LargeBinary, nullable=False),
    PrimaryKeyConstraint("level", "place"),
    comment="the tree, 256 hashes a tile: a trigger lets a tile only grow",
)
ledger_set_aside = Table(
    "ledger_set_aside",
    metadata,
    Column("batch", BigInteger, nullable=False),
    Column("hash", LargeBinary, nullable=False),
    Column("record_key", Uuid, nullable=False),
    Column("set_aside_at", moment, nullable=False),
    PrimaryKeyConstraint("batch", "hash"),
    comment="batches that never get a number, each with the record that tells why; only the owner of the "
    "tables may add",
)
tree_head = Table(
    "tree_head",
    metadata,
    Column("size", BigInteger, primary_key=True),
    Column("root", LargeBinary, nullable=False),
    Column("note", Text),
    Column("made_at", moment, nullable=False),
    comment="append-only; note: the head as it is signed, null for those of before there were signatures",
)


def counts(batch: ColumnElement[int]) -> ColumnElement[bool]:
    """`COUNTS`, of this column."""
    return batch.not_in(select(ledger_set_aside.c.batch))
