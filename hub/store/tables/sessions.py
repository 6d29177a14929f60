"""People who sign in, and the file that one of them is about to send."""

from sqlalchemy import Column, ForeignKey, Index, LargeBinary, Table, Text, Uuid, text

from hub.store.tables.kinds import metadata, moment

sign_in = Table(
    "sign_in",
    metadata,
    Column("request_key", Uuid, primary_key=True),
    Column("party", Text, comment="empty: no party has that mailbox"),
    Column("mailbox_mark", LargeBinary, nullable=False),
    Column("address_mark", LargeBinary, nullable=False),
    Column("browser_hash", LargeBinary, nullable=False),
    Column("asked_at", moment, nullable=False),
    Column("used_at", moment),
    Column("mail_key", Uuid),
    Index("sign_in_asked", "asked_at"),
    Index("sign_in_mail", "mail_key"),
    Index("sign_in_to_mail", "asked_at", postgresql_where=text("party IS NOT NULL AND mail_key IS NULL")),
    comment="that a link to sign in was asked; whose mailbox and from where it was, only the hub can tell",
)
session = Table(
    "session",
    metadata,
    Column("session_hash", LargeBinary, primary_key=True),
    Column("party", Text, nullable=False),
    Column("mailbox", Text, nullable=False),
    Column("began_at", moment, nullable=False),
    Column("seen_at", moment, nullable=False),
    Column("number", Text, comment="OIN or KvK number that the issuer told; null: signed in by a link"),
    comment="a person who signed in for a party; when the row goes, that ends",
)
upload = Table(
    "upload",
    metadata,
    Column(
        "session_hash",
        LargeBinary,
        ForeignKey("session.session_hash", ondelete="CASCADE"),
        primary_key=True,
    ),
    Column("name", Text, nullable=False),
    Column("content", LargeBinary, nullable=False),
    comment="the file that was tried last, until it is sent or the session ends",
)
