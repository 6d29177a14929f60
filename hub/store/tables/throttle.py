"""Requests, items and bundles."""

from sqlalchemy import (
    CheckConstraint,
    Column,
    Date,
    Index,
    Integer,
    PrimaryKeyConstraint,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from hub.store.tables.kinds import metadata, moment

item = Table(
    "item",
    metadata,
    Column("item_key", Uuid, primary_key=True),
    Column("operator", Text, nullable=False),
    Column("merge_key", Text, nullable=False),
    Column("functions", ARRAY(Text), nullable=False),
    Column("tlp", Text, nullable=False),
    Column("needed_by", Date),
    Column("opened_at", moment, nullable=False),
    Column("state", Text, nullable=False),
    Column("bundle_key", Uuid),
    Column("answer_key", Uuid),
    CheckConstraint("state IN ('waiting', 'sent', 'answered', 'expired', 'withheld')", name="item_state"),
    Index(
        "item_open",
        "operator",
        "merge_key",
        unique=True,
        postgresql_where=text("state IN ('waiting', 'sent')"),
    ),
    Index("item_answered", "operator", "merge_key", postgresql_where=text("state = 'answered'")),
    Index("item_bundle", "bundle_key"),
)
request = Table(
    "request",
    metadata,
    Column("event_key", Uuid, nullable=False),
    Column("operator", Text, nullable=False),
    Column("asker", Text, nullable=False),
    Column("item_key", Uuid, nullable=False),
    Column("areas", ARRAY(Text), nullable=False),
    Column("needed_by", Date),
    Column("expires_at", moment),
    Column("state", Text, nullable=False),
    Column("received_at", moment, nullable=False),
    Column("closed_at", moment),
    PrimaryKeyConstraint("event_key", "operator"),
    CheckConstraint(
        "state IN ('waiting', 'joined-sent', 'sent', 'answered', 'not-shared', 'expired', 'withheld')",
        name="request_state",
    ),
    Index("request_item", "item_key"),
    Index("request_asker", "asker"),
)
answer = Table(
    "answer",
    metadata,
    Column("answer_key", Uuid, primary_key=True),
    Column("operator", Text, nullable=False),
    Column("question_key", Uuid, nullable=False),
    Column("content", JSONB, nullable=False),
    Index("answer_question", "question_key", "operator"),
    comment="the answers that the throttle has seen, also those that came before their question",
)
bundle = Table(
    "bundle",
    metadata,
    Column("bundle_key", Uuid, primary_key=True),
    Column("operator", Text, nullable=False),
    Column("slot", Integer, nullable=False),
    Column("released_at", moment, nullable=False),
    Column("mail_key", Uuid),
    Column("withheld", Text),
    UniqueConstraint("operator", "slot"),
)
operator_lock = Table(
    "operator_lock",
    metadata,
    Column("operator", Text, primary_key=True),
    Column("last_slot", Integer),
    comment="one row per operator, locked to join and to release",
)
slot_done = Table("slot_done", metadata, Column("slot", Integer, primary_key=True))
