"""What goes with bundles: numbers, reminders, and answers to renew."""

from sqlalchemy import Boolean, Column, Index, Integer, PrimaryKeyConstraint, Table, Text, Uuid

from hub.store.tables.kinds import metadata, moment

bundle_item = Table(
    "bundle_item",
    metadata,
    Column("bundle_key", Uuid, nullable=False),
    Column("number", Integer, nullable=False),
    Column("item_key", Uuid, nullable=False),
    PrimaryKeyConstraint("bundle_key", "number"),
    Index("bundle_item_key", "bundle_key", "item_key", unique=True),
    comment="under which number an item stands in the mail of a bundle, for good",
)
reminder = Table(
    "reminder",
    metadata,
    Column("operator", Text, nullable=False),
    Column("slot", Integer, nullable=False),
    Column("stands_alone", Boolean, nullable=False),
    Column("made_at", moment, nullable=False),
    Column("mail_key", Uuid),
    Column("withheld", Text),
    PrimaryKeyConstraint("operator", "slot"),
    comment="in which slots an operator is reminded: in the bundle of that slot, or in a mail of its own",
)
reminded = Table(
    "reminded",
    metadata,
    Column("bundle_key", Uuid, nullable=False),
    Column("slot", Integer, nullable=False),
    Column("operator", Text, nullable=False),
    PrimaryKeyConstraint("bundle_key", "slot"),
    Index("reminded_in", "operator", "slot"),
    comment="the bundles that a reminder is about",
)
renewal = Table(
    "renewal",
    metadata,
    Column("answer_key", Uuid, primary_key=True),
    Column("bundle_key", Uuid, nullable=False),
    Index("renewal_in", "bundle_key"),
    comment="the bundle in which an operator was asked, once, to renew an answer",
)
