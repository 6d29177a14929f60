"""Requests, items and bundles."""

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    Date,
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
    Column("not_before", Integer),
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
    Index("item_of_key", "operator", "merge_key"),
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
    Column("expires_at", moment, nullable=False),
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
    Index("request_waiting", "operator", "received_at", postgresql_where=text("state = 'waiting'")),
    Index(
        "request_expiring",
        "expires_at",
        postgresql_where=text("state IN ('waiting', 'joined-sent', 'sent')"),
    ),
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
    Column("slot_at", moment, nullable=False),
    Column("released_at", moment, nullable=False),
    Column("only_classified", Boolean, nullable=False),
    Column("input_hash", LargeBinary),
    Column("mail_key", Uuid),
    Column("withheld", Text),
    UniqueConstraint("operator", "slot"),
    comment="input_hash: over all that decided it; none in bundles of before it was kept",
)
operator_lock = Table(
    "operator_lock",
    metadata,
    Column("operator", Text, primary_key=True),
    Column("last_run", Integer),
    Column("turns", JSONB),
    comment="one row per operator, locked to join and to release; the last slot that was run, and whose turn "
    "it is since",
)
operator_policy = Table(
    "operator_policy",
    metadata,
    Column("operator", Text, nullable=False),
    Column("since", Integer, nullable=False),
    Column("policy", JSONB, nullable=False),
    Column("made_at", moment, nullable=False),
    PrimaryKeyConstraint("operator", "since"),
    comment="what an operator set, and the first slot for which it holds; before that the default holds",
)
