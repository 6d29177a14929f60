"""Deliveries are found by event and by moment; by party through their mail, so that routing writes less."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"

_WAITING = "mail_key IS NULL AND withheld IS NULL"


def upgrade() -> None:
    op.drop_index("delivery_to_mail", "delivery")
    op.drop_index("delivery_party", "delivery")
    op.alter_column("delivery", "reasons", type_=sa.Text(), postgresql_using="reasons::text")
    for mode in ("immediate", "digest"):
        condition = sa.text(f"mode = '{mode}' AND {_WAITING}")
        op.create_index(f"delivery_{mode}", "delivery", ["planned_at"], postgresql_where=condition)
    op.create_index(
        "delivery_withheld", "delivery", ["party"], postgresql_where=sa.text("withheld IS NOT NULL")
    )
    op.create_index("mail_party", "mail", ["party"])
    op.create_table_comment(
        "delivery", "no index by party: each costs routing a tenth; a party's are found through its mails"
    )
