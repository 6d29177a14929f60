"""Records are numbered in batches, the tree stands in tiles, and its heads are signed."""

from collections.abc import Iterator
from hashlib import sha256

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0015"
down_revision = "0014"

_WIDTH = 256

_GUARDS = (
    """
    CREATE OR REPLACE FUNCTION ledger_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      RAISE EXCEPTION 'the ledger is append-only';
    END $$
    """,
    """
    CREATE FUNCTION ledger_number_once() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      IF TG_OP = 'UPDATE' AND OLD.first_number IS NULL AND NEW.first_number IS NOT NULL
         AND (OLD.batch, OLD.record_keys, OLD.leaf_hashes)
             = (NEW.batch, NEW.record_keys, NEW.leaf_hashes) THEN
        RETURN NEW;
      END IF;
      RAISE EXCEPTION 'the ledger is append-only';
    END $$
    """,
    """
    CREATE FUNCTION ledger_tile_grows() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      IF TG_OP = 'UPDATE' AND (OLD.level, OLD.place) = (NEW.level, NEW.place)
         AND substring(NEW.hashes FROM 1 FOR length(OLD.hashes)) = OLD.hashes THEN
        RETURN NEW;
      END IF;
      RAISE EXCEPTION 'the ledger is append-only';
    END $$
    """,
)
_GUARDED = (
    ("ledger_batch", "ledger_number_once"),
    ("ledger_tile", "ledger_tile_grows"),
    ("tree_head", "ledger_append_only"),
)
_IN_BATCHES = (
    """
    INSERT INTO ledger_batch (record_keys, leaf_hashes, first_number)
    SELECT array_agg(record_key ORDER BY number), string_agg(leaf_hash, ''::bytea ORDER BY number),
           min(number)
    FROM ledger WHERE number IS NOT NULL GROUP BY number / 256 ORDER BY number / 256
    """,
    """
    INSERT INTO ledger_batch (record_keys, leaf_hashes)
    SELECT array_agg(record_key ORDER BY record_key), string_agg(leaf_hash, ''::bytea ORDER BY record_key)
    FROM ledger WHERE number IS NULL HAVING count(*) > 0
    """,
    """
    UPDATE ledger SET batch = b.batch FROM ledger_batch b, unnest(b.record_keys) AS k (record_key)
    WHERE ledger.record_key = k.record_key
    """,
)


def upgrade() -> None:
    op.create_table(
        "ledger_batch",
        sa.Column("batch", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("record_keys", postgresql.ARRAY(sa.Uuid()), nullable=False),
        sa.Column("leaf_hashes", sa.LargeBinary(), nullable=False),
        sa.Column("first_number", sa.BigInteger()),
        sa.PrimaryKeyConstraint("batch"),
        comment="records written together are numbered together, in this order: a trigger lets only the "
        "first number be given, once",
    )
    op.create_table(
        "ledger_tile",
        sa.Column("level", sa.SmallInteger(), nullable=False),
        sa.Column("place", sa.BigInteger(), nullable=False),
        sa.Column("hashes", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("level", "place"),
        comment="the tree, 256 hashes a tile: a trigger lets a tile only grow",
    )
    # Hashes do not compress; a tile that grows is written again each time.
    op.execute("ALTER TABLE ledger_tile ALTER COLUMN hashes SET STORAGE EXTERNAL")
    op.execute("ALTER TABLE ledger_batch ALTER COLUMN leaf_hashes SET STORAGE EXTERNAL")
    op.add_column("ledger", sa.Column("batch", sa.BigInteger()))
    op.execute("DROP TRIGGER ledger_append_only ON ledger")
    for statement in _IN_BATCHES:
        op.execute(statement)
    _keep_tiles()
    op.drop_index("ledger_number", "ledger")
    op.drop_index("ledger_unnumbered", "ledger")
    op.drop_column("ledger", "number")
    op.alter_column("ledger", "batch", nullable=False)
    op.create_index("ledger_received", "ledger", ["leaf_hash"], postgresql_where="kind = 'event-received'")
    op.create_index("ledger_key", "ledger", ["kind"], postgresql_where="kind = 'ledger-key'")
    op.create_index(
        "ledger_batch_number",
        "ledger_batch",
        ["first_number"],
        unique=True,
        postgresql_where=sa.text("first_number IS NOT NULL"),
    )
    op.create_index(
        "ledger_batch_unnumbered", "ledger_batch", ["batch"], postgresql_where=sa.text("first_number IS NULL")
    )
    op.create_table_comment("ledger", "append-only: a trigger refuses every change")
    op.drop_column("tree_head", "subtrees")
    op.add_column("tree_head", sa.Column("note", sa.Text()))
    op.create_table_comment(
        "tree_head",
        "append-only; note: the head as it is signed, null for those of before there were signatures",
    )
    # The tree head that a mail carries; null for those of before.
    op.add_column("mail", sa.Column("ledger_size", sa.BigInteger()))
    for statement in _GUARDS:
        op.execute(statement)
    op.execute(
        "CREATE TRIGGER ledger_append_only BEFORE UPDATE OR DELETE ON ledger "
        "FOR EACH ROW EXECUTE FUNCTION ledger_append_only()"
    )
    for table, guard in _GUARDED:
        op.execute(
            f"CREATE TRIGGER {guard} BEFORE UPDATE OR DELETE ON {table} "
            f"FOR EACH ROW EXECUTE FUNCTION {guard}()"
        )
        op.execute(
            f"CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION ledger_append_only()"
        )


def _keep_tiles() -> None:
    connection = op.get_bind()
    rows = connection.execute(
        sa.text("SELECT leaf_hashes FROM ledger_batch WHERE first_number IS NOT NULL ORDER BY first_number")
    )
    hashes: list[bytes] = []
    for (some,) in rows:
        hashes += [bytes(some[i : i + 32]) for i in range(0, len(some), 32)]
    level = 0
    while hashes:
        for place, tile in enumerate(_tiles(hashes)):
            connection.execute(
                sa.text("INSERT INTO ledger_tile VALUES (:level, :place, :hashes)"),
                {"level": level, "place": place, "hashes": b"".join(tile)},
            )
        hashes = [_root(tile) for tile in _tiles(hashes) if len(tile) == _WIDTH]
        level += 1


def _tiles(hashes: list[bytes]) -> Iterator[list[bytes]]:
    return (hashes[i : i + _WIDTH] for i in range(0, len(hashes), _WIDTH))


def _root(row: list[bytes]) -> bytes:
    while len(row) > 1:
        row = [sha256(b"\x01" + row[i] + row[i + 1]).digest() for i in range(0, len(row), 2)]
    return row[0]
