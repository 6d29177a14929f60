"""What systems read: the order in which deliveries were planned."""

from sqlalchemy import BigInteger, Column, Identity, Index, LargeBinary, Table, Text, text

from hub.store.tables.kinds import metadata

planning = Table(
    "planning",
    metadata,
    Column("planning", BigInteger, Identity(), primary_key=True),
    Column("number", BigInteger),
    Index("planning_number", "number", unique=True, postgresql_where=text("number IS NOT NULL")),
    Index("planning_unnumbered", "planning", postgresql_where=text("number IS NULL")),
    comment="the audiences that one transaction planned; numbered once it has committed",
)
secret = Table(
    "secret",
    metadata,
    Column("name", Text, primary_key=True),
    Column("value", LargeBinary, nullable=False),
    comment="keys of the hub itself",
)
