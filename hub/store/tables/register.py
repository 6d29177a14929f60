"""The register through time."""

from sqlalchemy import Column, Date, Integer, LargeBinary, PrimaryKeyConstraint, Table, Text
from sqlalchemy.dialects.postgresql import JSONB

from hub.store.tables.kinds import metadata, moment

register_version = Table(
    "register_version",
    metadata,
    Column("version", Integer, primary_key=True),
    Column("on_day", Date, nullable=False),
    Column("next_change", Date),
    Column("by", Text, nullable=False),
    Column("made_at", moment, nullable=False),
    Column("salt", LargeBinary),
    comment="the register on one Dutch day; next_change: the next day on which something begins or ends; "
    "salt: of the hash that the ledger has of its entries, null for versions of before there was one",
)
register_entry = Table(
    "register_entry",
    metadata,
    Column("kind", Text, nullable=False),
    Column("key", Text, nullable=False),
    Column("since", Date, nullable=False),
    Column("until", Date),
    Column("facts", JSONB, nullable=False),
    Column("added_in", Integer, nullable=False),
    Column("removed_in", Integer),
    PrimaryKeyConstraint("kind", "key", "since", "added_in"),
    comment="holds from since until the day before until, in the versions added_in until before removed_in",
)
