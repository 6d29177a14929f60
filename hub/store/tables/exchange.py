"""Events, their deliveries and mails."""

from sqlalchemy import (
    BigInteger,
    Boolean,
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
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from hub.store.tables.kinds import JsonText, metadata, moment

claim = Table(
    "claim",
    metadata,
    Column("event_key", Uuid, primary_key=True),
    Column("content_hash", LargeBinary, nullable=False),
    Column("accepted_at", moment, nullable=False),
    Column("acknowledged_at", moment),
    Column("publisher", Text),
    Column("salt", LargeBinary, server_default=text("uuid_send(gen_random_uuid())")),
    # Each is changed once, when Kafka has it: on its own page.
    postgresql_with={"fillfactor": 50},
    comment="(source, id) is one content for ever; acknowledged_at: Kafka has it; salt: of the hash in the "
    "ledger, null when the content was removed",
)
removal = Table(
    "removal",
    metadata,
    Column("event_key", Uuid, primary_key=True),
    Column("why", Text, nullable=False),
    Column("reason", Text),
    Column("removed_at", moment, nullable=False),
    CheckConstraint("why IN ('erased', 'retention')", name="removal_why"),
    comment="contents that were removed; reason: in words, of who erased it, and not in the ledger",
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
    Column("accepted_at", moment, nullable=False),
    Column("content", JSONB, nullable=False),
    Column("register_version", Integer, nullable=False),
    Column(
        "written_in", BigInteger, nullable=False, server_default=text("pg_current_xact_id()::text::bigint")
    ),
    Index("event_subject", "subject"),
    Index(
        "event_question",
        "written_in",
        "event_key",
        postgresql_where=text(
            "type IN ('nl.vitale-functies.question.raised.v1', 'nl.vitale-functies.answer.deposited.v1')"
        ),
    ),
    Index(
        "event_supersedes",
        text("(content #>> '{data,supersedes,id}')"),
        text("(content #>> '{data,supersedes,source}')"),
        postgresql_where=text(
            "type IN ('nl.vitale-functies.answer.deposited.v1',"
            " 'nl.vitale-functies.ministry-consultation.planned.v1',"
            " 'nl.vitale-functies.question.answered.v1', 'nl.vitale-functies.risk-dialogue.planned.v1')"
        ),
    ),
    comment="written_in: the transaction; transactions become visible out of order, so who reads what is new "
    "reads again from the first that was under way",
)
resolution = Table(
    "resolution",
    metadata,
    Column("resolved_key", Uuid, primary_key=True),
    Column("found_key", Uuid, nullable=False),
    Column("closes", Boolean),
    Index("resolution_found", "found_key"),
    comment="an event that calls a bottleneck resolved, and whether it closes it; null: not found yet",
)
# A page of events reads newest first, and by key among equals.
Index("event_newest", event.c.accepted_at.desc(), event.c.event_key)
audience = Table(
    "audience",
    metadata,
    Column("event_key", Uuid, nullable=False),
    Column("position", BigInteger, Identity(), nullable=False),
    Column("channel", Text, nullable=False),
    Column("mode", Text, nullable=False),
    Column("parties", ARRAY(Text), nullable=False),
    Column("reasons", JsonText, nullable=False),
    Column("register_version", Integer, nullable=False),
    Column("planned_at", moment, nullable=False),
    Column("is_open", Boolean, nullable=False, server_default=text("true")),
    Column("planning", BigInteger, nullable=False),
    PrimaryKeyConstraint("event_key", "position"),
    Index("audience_planning", "planning", "position"),
    Index("audience_open", "mode", "planned_at", postgresql_where=text("is_open")),
    comment="who is to receive an event, for one set of reasons; open: not each has an outcome yet",
)
outcome = Table(
    "outcome",
    metadata,
    Column("event_key", Uuid, nullable=False),
    Column("party", Text, nullable=False),
    Column("channel", Text, nullable=False),
    Column("mode", Text, nullable=False),
    Column("reasons", JsonText, nullable=False),
    Column("register_version", Integer, nullable=False),
    Column("planned_at", moment, nullable=False),
    Column("mail_key", Uuid),
    Column("withheld", Text),
    PrimaryKeyConstraint("event_key", "party", "channel"),
    CheckConstraint("(mail_key IS NULL) <> (withheld IS NULL)", name="outcome_one"),
    Index("outcome_party", "party"),
    Index("outcome_of_mail", "mail_key", postgresql_where=text("mail_key IS NOT NULL")),
    comment="what became of a delivery: in a mail, or withheld",
)
delivery = Table(
    "delivery",
    MetaData(),
    *(Column(column.name, column.type) for column in outcome.c),
    comment="a view: every delivery of an audience, with its outcome where it has one",
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
    Column("html", Text),
    Column("thread", ARRAY(Uuid), nullable=False, server_default="{}"),
    Column("stops", Text),
    Column("copy_to", Text),
    Column("calendar", Text),
    Column("place", moment, nullable=False, server_default=text("now()")),
    Column("made_at", moment, nullable=False),
    Column("state", Text, nullable=False),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("next_attempt_at", moment),
    Column("sent_at", moment),
    Column("last_error", Text),
    Column("register_version", Integer, nullable=False),
    Column("ledger_size", BigInteger),
    Column("salt", LargeBinary),
    CheckConstraint(
        "kind IN ('immediate', 'together', 'digest', 'bundle', 'reminder', 'confirmation', 'notice', "
        "'sign-in')",
        name="mail_kind",
    ),
    CheckConstraint("state IN ('queued', 'sent', 'failed')", name="mail_state"),
    Index("mail_party", "party", "made_at"),
    Index("mail_queued", "place", postgresql_where=text("state = 'queued'")),
)

Index("mail_newest", mail.c.made_at.desc(), mail.c.mail_key)
mail_taken = Table(
    "mail_taken",
    metadata,
    Column("mail_key", Uuid, primary_key=True),
    comment="mails that the mail server has taken over, until they are recorded as sent",
)
mail_preference = Table(
    "mail_preference",
    metadata,
    Column("party", Text, primary_key=True),
    Column("version", Integer, nullable=False),
    Column("content", JSONB, nullable=False),
    Column("changed_at", moment, nullable=False),
    Column("chosen", Integer, nullable=False, server_default="0", comment="how often by its form"),
    Column("day", Date, comment="the last day on which it changed"),
    Column("changes", Integer, nullable=False, server_default="0", comment="so often on that day"),
    comment="what a party wants of its mail; without a row: the usual",
)
