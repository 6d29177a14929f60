"""Mail that came in."""

from sqlalchemy import CheckConstraint, Column, Index, Integer, LargeBinary, Table, Text, Uuid, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from hub.store.tables.kinds import metadata, moment

mail_in = Table(
    "mail_in",
    metadata,
    Column("mail_in_key", Uuid, primary_key=True),
    Column("sender", Text, nullable=False),
    Column("recipient", Text, nullable=False),
    Column("raw", LargeBinary, nullable=False),
    Column("received_at", moment, nullable=False),
    Column("state", Text, nullable=False),
    Column("step", Integer, nullable=False, server_default="0"),
    Column("party", Text),
    Column("replied_to", Uuid),
    Column("reason", Text),
    Column("answers", JSONB, nullable=False, server_default="[]"),
    Column("event_keys", ARRAY(Uuid), nullable=False, server_default="{}"),
    Column("mail_key", Uuid),
    CheckConstraint(
        "state IN ('kept', 'read', 'answered', 'left', 'doubt', 'refused')", name="mail_in_state"
    ),
    Index("mail_in_open", "received_at", postgresql_where=text("state IN ('kept', 'read', 'doubt')")),
    Index("mail_in_events", "event_keys", postgresql_using="gin"),
    Index(
        "mail_in_untold",
        "mail_in_key",
        postgresql_where=text("(state IN ('answered', 'doubt') OR reason IS NOT NULL) AND mail_key IS NULL"),
    ),
    comment="each mail that came in, as it came; sender: of its envelope; answers: what was read "
    "in it; mail_key: of the mail that tells of it; step: counts the changes of its state",
)
