"""What is planned stands by audience, what became of it by party; a view shows them together."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0005"
down_revision = "0004"

_PLANNED = """
    INSERT INTO audience (event_key, channel, mode, parties, reasons, register_version, planned_at)
    SELECT event_key, channel, mode, array_agg(party ORDER BY party), reasons, register_version, planned_at
    FROM outcome WHERE mail_key IS NULL AND withheld IS NULL
    GROUP BY event_key, channel, mode, reasons, register_version, planned_at
"""
_DELIVERY = """
    CREATE VIEW delivery AS
    SELECT event_key, party, channel, mode, reasons, register_version, planned_at, mail_key, withheld
    FROM outcome
    UNION ALL
    SELECT * FROM (
      SELECT DISTINCT ON (a.event_key, p.party, a.channel)
        a.event_key, p.party, a.channel, a.mode, a.reasons, a.register_version, a.planned_at,
        NULL::uuid AS mail_key, NULL::text AS withheld
      FROM audience a CROSS JOIN unnest(a.parties) AS p (party)
      WHERE a.is_open AND NOT EXISTS (
        SELECT FROM outcome o
        WHERE o.event_key = a.event_key AND o.party = p.party AND o.channel = a.channel)
      ORDER BY a.event_key, p.party, a.channel, a.mode DESC, a.position
    ) AS planned
"""


def upgrade() -> None:
    op.create_table(
        "audience",
        sa.Column("event_key", sa.Uuid(), nullable=False),
        sa.Column("position", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("mode", sa.Text(), nullable=False),
        sa.Column("parties", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("reasons", sa.Text(), nullable=False),
        sa.Column("register_version", sa.Integer(), nullable=False),
        sa.Column("planned_at", sa.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("is_open", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.PrimaryKeyConstraint("event_key", "position"),
        comment="who is to receive an event, for one set of reasons; open: not each has an outcome yet",
    )
    op.create_index("audience_open", "audience", ["mode", "planned_at"], postgresql_where=sa.text("is_open"))
    op.drop_index("delivery_to_mail", "delivery")
    op.rename_table("delivery", "outcome")
    op.execute("ALTER INDEX delivery_pkey RENAME TO outcome_pkey")
    op.execute("ALTER INDEX delivery_party RENAME TO outcome_party")
    op.execute("ALTER INDEX delivery_of_mail RENAME TO outcome_of_mail")
    op.alter_column("outcome", "reasons", type_=sa.Text(), postgresql_using="reasons::text")
    op.execute(_PLANNED)
    op.execute("DELETE FROM outcome WHERE mail_key IS NULL AND withheld IS NULL")
    op.create_check_constraint("outcome_one", "outcome", "(mail_key IS NULL) <> (withheld IS NULL)")
    op.create_table_comment("outcome", "what became of a delivery: in a mail, or withheld")
    op.create_index("mail_party", "mail", ["party"])
    op.execute(_DELIVERY)
    op.drop_constraint("ledger_number_key", "ledger")
    op.create_index(
        "ledger_number", "ledger", ["number"], unique=True, postgresql_where=sa.text("number IS NOT NULL")
    )
