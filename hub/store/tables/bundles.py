"""What goes with bundles."""

from sqlalchemy import Column, Index, Integer, PrimaryKeyConstraint, Table, Uuid

from hub.store.tables.kinds import metadata

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
