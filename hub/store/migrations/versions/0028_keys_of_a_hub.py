"""Keys of questions and crises need a secret of the hub: nobody can try out what was asked."""

import hmac
import secrets

import sqlalchemy as sa
from alembic import op

revision = "0028"
down_revision = "0027"

_KEYED = (
    ("item", "merge_key"),
    ("item", "library_key"),
    ("request", "merge_key"),
    ("request", "library_key"),
    ("kept_answer", "merge_key"),
    ("sheet", "crisis"),
    ("pressing", "crisis"),
)


def upgrade() -> None:
    connection = op.get_bind()
    secret = secrets.token_bytes(32)
    connection.execute(
        sa.text("INSERT INTO secret (name, value) VALUES ('question-keys', :value)"), {"value": secret}
    )
    for table, column in _KEYED:
        distinct = sa.text(f"SELECT DISTINCT {column} FROM {table} WHERE {column} IS NOT NULL")  # noqa: S608
        update = sa.text(f"UPDATE {table} SET {column} = :new WHERE {column} = :old")  # noqa: S608
        rows = [{"old": old, "new": _keyed(secret, old)} for old in connection.execute(distinct).scalars()]
        if rows:
            connection.execute(update, rows)


def _keyed(secret: bytes, key: str) -> str:
    """Of a question on a situation sheet, the part that was made of its words."""
    *sheet, own = key.split(" ") if key.startswith("sheet ") else (key,)
    return " ".join([*sheet, hmac.digest(secret, own.encode(), "sha256").hex()])


def downgrade() -> None:
    raise NotImplementedError
