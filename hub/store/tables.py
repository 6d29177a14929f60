"""The tables. Migrations make them; a test keeps the two alike."""

from sqlalchemy import (
    TIMESTAMP,
    BigInteger,
    CheckConstraint,
    Column,
    Date,
    Identity,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    PrimaryKeyConstraint,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

metadata = MetaData()
_moment = TIMESTAMP(timezone=True)

# --- the register -----------------------------------------------------------------------------------------

register_version = Table(
    "register_version",
    metadata,
    Column("version", Integer, primary_key=True),
    Column("on_day", Date, nullable=False),
    Column("next_change", Date),
    Column("by", Text, nullable=False),
    Column("made_at", _moment, nullable=False),
    comment="the register on one Dutch day; next_change: the next day on which something begins or ends",
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
party_token = Table(
    "party_token",
    metadata,
    Column("token_hash", LargeBinary, primary_key=True),
    Column("party", Text, nullable=False),
    Column("made_at", _moment, nullable=False),
)

# --- events and deliveries --------------------------------------------------------------------------------

claim = Table(
    "claim",
    metadata,
    Column("event_key", Uuid, primary_key=True),
    Column("content_hash", LargeBinary, nullable=False),
    Column("accepted_at", _moment, nullable=False),
    Column("acknowledged_at", _moment),
    comment="(source, id) is one content for ever; acknowledged_at: Kafka has it",
)
event = Table(
    "event",
    metadata,
    Column("event_key", Uuid, primary_key=True),
    Column("type", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("functions", ARRAY(Text), nullable=False),
    Column("areas", ARRAY(Text), nullable=False),
    Column("tlp", Text, nullable=False),
    Column("publisher", Text, nullable=False),
    Column("accepted_at", _moment, nullable=False),
    Column("content", JSONB, nullable=False),
    Column("register_version", Integer, nullable=False),
    Index("event_subject", "subject"),
)
# A page of events reads newest first, and by key among equals.
Index("event_newest", event.c.accepted_at.desc(), event.c.event_key)
delivery = Table(
    "delivery",
    metadata,
    Column("event_key", Uuid, nullable=False),
    Column("party", Text, nullable=False),
    Column("channel", Text, nullable=False),
    Column("mode", Text, nullable=False),
    Column("reasons", JSONB, nullable=False),
    Column("register_version", Integer, nullable=False),
    Column("planned_at", _moment, nullable=False),
    Column("mail_key", Uuid),
    Column("withheld", Text),
    PrimaryKeyConstraint("event_key", "party", "channel"),
    Index(
        "delivery_to_mail",
        "mode",
        "planned_at",
        postgresql_where=text("mail_key IS NULL AND withheld IS NULL"),
    ),
    Index("delivery_party", "party"),
    Index("delivery_of_mail", "mail_key", postgresql_where=text("mail_key IS NOT NULL")),
)
mail = Table(
    "mail",
    metadata,
    Column("mail_key", Uuid, primary_key=True),
    Column("party", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("address", Text, nullable=False),
    Column("tlp", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("body", Text, nullable=False),
    Column("made_at", _moment, nullable=False),
    Column("state", Text, nullable=False),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("next_attempt_at", _moment),
    Column("sent_at", _moment),
    Column("last_error", Text),
    Column("register_version", Integer, nullable=False),
    CheckConstraint("kind IN ('immediate', 'digest', 'bundle')", name="mail_kind"),
    CheckConstraint("state IN ('queued', 'sent', 'failed')", name="mail_state"),
    Index("mail_queued", "next_attempt_at", postgresql_where=text("state = 'queued'")),
)

Index("mail_newest", mail.c.made_at.desc(), mail.c.mail_key)

# --- the throttle -----------------------------------------------------------------------------------------

item = Table(
    "item",
    metadata,
    Column("item_key", Uuid, primary_key=True),
    Column("operator", Text, nullable=False),
    Column("merge_key", Text, nullable=False),
    Column("functions", ARRAY(Text), nullable=False),
    Column("tlp", Text, nullable=False),
    Column("needed_by", Date),
    Column("opened_at", _moment, nullable=False),
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
    Column("expires_at", _moment),
    Column("state", Text, nullable=False),
    Column("received_at", _moment, nullable=False),
    Column("closed_at", _moment),
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
    Column("released_at", _moment, nullable=False),
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

# --- what workers keep ------------------------------------------------------------------------------------

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
    Column("at", _moment, nullable=False),
    PrimaryKeyConstraint("consumer", "topic", "partition", "offset"),
)
clock = Table(
    "clock",
    metadata,
    Column("only", Integer, primary_key=True, server_default="1"),
    Column("now", _moment, nullable=False),
    CheckConstraint('"only" = 1', name="clock_one_row"),
    comment="the time of a scenario; empty in a real hub",
)

outbox = Table(
    "outbox",
    metadata,
    Column("position", BigInteger, Identity(), primary_key=True),
    Column("event_key", Uuid, nullable=False, unique=True),
    Column("content", JSONB, nullable=False),
    Column("made_at", _moment, nullable=False),
    Column("published_at", _moment),
    Index("outbox_waiting", "position", postgresql_where=text("published_at IS NULL")),
    comment="events of the hub itself, until Kafka has them",
)

# --- the ledger -------------------------------------------------------------------------------------------

ledger = Table(
    "ledger",
    metadata,
    Column("record_key", Uuid, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("event_key", Uuid),
    Column("record", LargeBinary, nullable=False),
    Column("leaf_hash", LargeBinary, nullable=False),
    Column("number", BigInteger, unique=True),
    Index("ledger_event", "event_key"),
    Index("ledger_unnumbered", "record_key", postgresql_where=text("number IS NULL")),
    comment="append-only: a trigger lets only a number be given, once",
)
tree_head = Table(
    "tree_head",
    metadata,
    Column("size", BigInteger, primary_key=True),
    Column("root", LargeBinary, nullable=False),
    Column("subtrees", ARRAY(LargeBinary), nullable=False),
    Column("made_at", _moment, nullable=False),
)
