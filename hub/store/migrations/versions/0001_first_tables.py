"""the first tables"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None


_APPEND_ONLY = (
    """
    CREATE FUNCTION ledger_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      IF TG_OP = 'UPDATE' AND OLD.number IS NULL AND NEW.number IS NOT NULL
         AND (OLD.record_key, OLD.kind, OLD.record, OLD.leaf_hash)
             = (NEW.record_key, NEW.kind, NEW.record, NEW.leaf_hash)
         AND OLD.event_key IS NOT DISTINCT FROM NEW.event_key THEN
        RETURN NEW;
      END IF;
      RAISE EXCEPTION 'the ledger is append-only';
    END $$
    """,
    """
    CREATE TRIGGER ledger_append_only BEFORE UPDATE OR DELETE ON ledger
      FOR EACH ROW EXECUTE FUNCTION ledger_append_only()
    """,
    """
    CREATE TRIGGER ledger_no_truncate BEFORE TRUNCATE ON ledger
      FOR EACH STATEMENT EXECUTE FUNCTION ledger_append_only()
    """,
)


def upgrade() -> None:
    op.create_table(
        "area",
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("municipalities", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.PrimaryKeyConstraint("code"),
    )
    op.create_table(
        "bundle",
        sa.Column("bundle_key", sa.Uuid(), nullable=False),
        sa.Column("operator", sa.Text(), nullable=False),
        sa.Column("slot", sa.Integer(), nullable=False),
        sa.Column("released_at", sa.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("mail_key", sa.Uuid(), nullable=True),
        sa.PrimaryKeyConstraint("bundle_key"),
        sa.UniqueConstraint("operator", "slot"),
    )
    op.create_table(
        "claim",
        sa.Column("event_key", sa.Uuid(), nullable=False),
        sa.Column("content_hash", sa.LargeBinary(), nullable=False),
        sa.Column("accepted_at", sa.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("acknowledged_at", sa.TIMESTAMP(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("event_key"),
        comment="(source, id) is one content for ever; acknowledged_at: Kafka has it",
    )
    op.create_table(
        "clock",
        sa.Column("only", sa.Integer(), server_default="1", nullable=False),
        sa.Column("now", sa.TIMESTAMP(timezone=True), nullable=False),
        sa.CheckConstraint('"only" = 1', name="clock_one_row"),
        sa.PrimaryKeyConstraint("only"),
        comment="the time of a scenario; empty in a real hub",
    )
    op.create_table(
        "dead_letter",
        sa.Column("consumer", sa.Text(), nullable=False),
        sa.Column("topic", sa.Text(), nullable=False),
        sa.Column("partition", sa.Integer(), nullable=False),
        sa.Column("offset", sa.BigInteger(), nullable=False),
        sa.Column("event_key", sa.Uuid(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("problems", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("at", sa.TIMESTAMP(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("consumer", "topic", "partition", "offset"),
    )
    op.create_table(
        "delivery",
        sa.Column("event_key", sa.Uuid(), nullable=False),
        sa.Column("party", sa.Text(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("mode", sa.Text(), nullable=False),
        sa.Column("reasons", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("register_version", sa.Integer(), nullable=False),
        sa.Column("planned_at", sa.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("mail_key", sa.Uuid(), nullable=True),
        sa.Column("withheld", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("event_key", "party", "channel"),
    )
    op.create_index(
        "delivery_of_mail",
        "delivery",
        ["mail_key"],
        unique=False,
        postgresql_where=sa.text("mail_key IS NOT NULL"),
    )
    op.create_index("delivery_party", "delivery", ["party"], unique=False)
    op.create_index(
        "delivery_to_mail",
        "delivery",
        ["mode", "planned_at"],
        unique=False,
        postgresql_where=sa.text("mail_key IS NULL AND withheld IS NULL"),
    )
    op.create_table(
        "dependency",
        sa.Column("from_function", sa.Text(), nullable=False),
        sa.Column("to_function", sa.Text(), nullable=False),
        sa.Column("strength", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("from_function", "to_function"),
    )
    op.create_table(
        "event",
        sa.Column("event_key", sa.Uuid(), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("functions", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("areas", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("tlp", sa.Text(), nullable=False),
        sa.Column("publisher", sa.Text(), nullable=False),
        sa.Column("accepted_at", sa.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("content", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("register_version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("event_key"),
    )
    op.create_index(
        "event_newest", "event", [sa.literal_column("accepted_at DESC"), "event_key"], unique=False
    )
    op.create_index("event_subject", "event", ["subject"], unique=False)
    op.create_table(
        "function_facts",
        sa.Column("slug", sa.Text(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=True),
        sa.Column("name_nl", sa.Text(), nullable=False),
        sa.Column("name_en", sa.Text(), nullable=False),
        sa.Column("core_team", sa.Text(), nullable=False),
        sa.Column("coordinator_nl", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("slug"),
        sa.UniqueConstraint("number"),
    )
    op.create_table(
        "handled",
        sa.Column("consumer", sa.Text(), nullable=False),
        sa.Column("event_key", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("consumer", "event_key"),
        comment="a consumer that has done an event says so in the transaction of its effect",
    )
    op.create_table(
        "item",
        sa.Column("item_key", sa.Uuid(), nullable=False),
        sa.Column("operator", sa.Text(), nullable=False),
        sa.Column("merge_key", sa.Text(), nullable=False),
        sa.Column("functions", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("tlp", sa.Text(), nullable=False),
        sa.Column("needed_by", sa.Date(), nullable=True),
        sa.Column("opened_at", sa.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("bundle_key", sa.Uuid(), nullable=True),
        sa.Column("answer_key", sa.Uuid(), nullable=True),
        sa.CheckConstraint("state IN ('waiting', 'sent', 'answered', 'expired')", name="item_state"),
        sa.PrimaryKeyConstraint("item_key"),
    )
    op.create_index(
        "item_answered",
        "item",
        ["operator", "merge_key"],
        unique=False,
        postgresql_where=sa.text("state = 'answered'"),
    )
    op.create_index("item_bundle", "item", ["bundle_key"], unique=False)
    op.create_index(
        "item_open",
        "item",
        ["operator", "merge_key"],
        unique=True,
        postgresql_where=sa.text("state IN ('waiting', 'sent')"),
    )
    op.create_table(
        "ledger",
        sa.Column("record_key", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("event_key", sa.Uuid(), nullable=True),
        sa.Column("record", sa.LargeBinary(), nullable=False),
        sa.Column("leaf_hash", sa.LargeBinary(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("record_key"),
        sa.UniqueConstraint("number"),
        comment="append-only: a trigger lets only a number be given, once",
    )
    op.create_index("ledger_event", "ledger", ["event_key"], unique=False)
    op.create_index(
        "ledger_unnumbered",
        "ledger",
        ["record_key"],
        unique=False,
        postgresql_where=sa.text("number IS NULL"),
    )
    op.create_table(
        "mail",
        sa.Column("mail_key", sa.Uuid(), nullable=False),
        sa.Column("party", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("tlp", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("made_at", sa.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("next_attempt_at", sa.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("sent_at", sa.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("last_error", sa.Text(), nullable=True),
        sa.CheckConstraint("kind IN ('immediate', 'digest', 'bundle')", name="mail_kind"),
        sa.CheckConstraint("state IN ('queued', 'sent', 'failed', 'withheld')", name="mail_state"),
        sa.PrimaryKeyConstraint("mail_key"),
    )
    op.create_index("mail_newest", "mail", [sa.literal_column("made_at DESC"), "mail_key"], unique=False)
    op.create_index(
        "mail_queued", "mail", ["next_attempt_at"], unique=False, postgresql_where=sa.text("state = 'queued'")
    )
    op.create_table(
        "operator_lock",
        sa.Column("operator", sa.Text(), nullable=False),
        sa.Column("last_slot", sa.Integer(), nullable=True),
        sa.PrimaryKeyConstraint("operator"),
        comment="one row per operator, locked to join and to release",
    )
    op.create_table(
        "party",
        sa.Column("slug", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("mailbox", sa.Text(), nullable=False),
        sa.Column("oin", sa.Text(), nullable=False),
        sa.Column("areas", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("clearance", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("slug"),
        sa.UniqueConstraint("oin"),
    )
    op.create_table(
        "party_token",
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        sa.Column("party", sa.Text(), nullable=False),
        sa.Column("made_at", sa.TIMESTAMP(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("token_hash"),
    )
    op.create_table(
        "register_version",
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("made_at", sa.TIMESTAMP(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("version"),
    )
    op.create_table(
        "request",
        sa.Column("event_key", sa.Uuid(), nullable=False),
        sa.Column("operator", sa.Text(), nullable=False),
        sa.Column("asker", sa.Text(), nullable=False),
        sa.Column("item_key", sa.Uuid(), nullable=False),
        sa.Column("areas", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("needed_by", sa.Date(), nullable=True),
        sa.Column("expires_at", sa.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("received_at", sa.TIMESTAMP(timezone=True), nullable=False),
        sa.CheckConstraint(
            "state IN ('waiting', 'joined-sent', 'sent', 'answered', 'not-shared', 'expired')",
            name="request_state",
        ),
        sa.PrimaryKeyConstraint("event_key", "operator"),
    )
    op.create_index("request_asker", "request", ["asker"], unique=False)
    op.create_index("request_item", "request", ["item_key"], unique=False)
    op.create_table(
        "role",
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("party", sa.Text(), nullable=False),
        sa.Column("function", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("party", "function", "kind"),
    )
    op.create_table(
        "slot_done", sa.Column("slot", sa.Integer(), nullable=False), sa.PrimaryKeyConstraint("slot")
    )
    op.create_table(
        "tree_head",
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("root", sa.LargeBinary(), nullable=False),
        sa.Column("subtrees", postgresql.ARRAY(sa.LargeBinary()), nullable=False),
        sa.Column("made_at", sa.TIMESTAMP(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("size"),
    )
    for statement in _APPEND_ONLY:
        op.execute(statement)
