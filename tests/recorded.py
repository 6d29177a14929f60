"""What is written in which transaction: each effect and its record stand in one."""

from typing import Any, NamedTuple

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from hub.store.database import transaction

_NOTE = (
    "CREATE SCHEMA noted",
    "CREATE TABLE noted.row (written_in bigint, name text, row jsonb, is_new boolean)",
    "CREATE INDEX ON noted.row (written_in, name)",
    """
    CREATE FUNCTION noted.note() RETURNS trigger SECURITY DEFINER LANGUAGE plpgsql AS $$
    BEGIN
      INSERT INTO noted.row
      VALUES (pg_current_xact_id()\\:\\:text\\:\\:bigint, TG_TABLE_NAME, to_jsonb(NEW), TG_OP = 'INSERT');
      RETURN NULL;
    END $$
    """,
    """
    DO $$ DECLARE one text; BEGIN
      FOR one IN SELECT tablename FROM pg_tables WHERE schemaname = 'public' LOOP
        EXECUTE format('CREATE TRIGGER noted AFTER INSERT OR UPDATE ON public.%I '
                       'FOR EACH ROW EXECUTE FUNCTION noted.note()', one);
      END LOOP;
    END $$
    """,
    """
    CREATE VIEW noted.record AS
    SELECT written_in, row->>'kind' AS kind,
           convert_from(decode(substr(row->>'record', 3), 'hex'), 'UTF8')\\:\\:jsonb AS said
    FROM noted.row WHERE name = 'ledger'
    """,
)


class Told(NamedTuple):
    """A kind of record, and the row that is written with it: its table, and how it is the one that the record
    tells of, in SQL over `said` and `row`. `table` None: nothing is written but the record itself. `where`:
    for which of the records."""

    kind: str
    table: str | None
    same: str = "true"
    where: str = "true"


_EVENT = "row->>'event_key' = said->>'event'"
_MAIL = "row->>'mail_key' = said->>'mail'"
_OPERATOR = "row->>'operator' = said->>'operator'"
_PARTY = "row->>'party' = said->>'party'"
_ASKED = f"{_EVENT} AND {_OPERATOR}"
_ITEM = "row->>'item_key' = said->>'item'"
TOLD: dict[str, list[Told]] = {
    "event accepted": [Told("event-received", "claim", _EVENT)],
    "event refused": [Told("event-refused", None)],
    "delivery decided": [Told("event-routed", "event", _EVENT)],
    "composed": [Told("mail-composed", "mail", _MAIL)],
    "sent": [
        Told("mail-sent", "mail", f"{_MAIL} AND row->>'state' = 'sent'"),
        Told("delivery-sent", "outlet", _PARTY, "said->>'channel' LIKE 'webhook:%'"),
    ],
    "failed": [Told("mail-failed", "mail", f"{_MAIL} AND row->>'state' = 'failed'")],
    "read or acknowledged": [Told("bottleneck-read", None), Told("delivery-sent", None)],
    "request merged": [
        Told("request-placed", "request", f"{_ASKED} AND {_ITEM}"),
        Told("items-regrouped", "item", _OPERATOR),
        Told("request-on-sheet", "request", f"{_ASKED} AND {_ITEM}"),
    ],
    "request held": [
        Told("item-declined", "request", "row->>'state' = 'declined'"),
        Told("item-referred", "request"),
        Told("item-postponed", "item", f"{_ITEM} AND row->'not_before' = said->'not_before'"),
        Told("request-withdrawn", "request", f"{_EVENT} AND row->>'state' = 'withdrawn'"),
        Told("request-expired", "request", f"{_ASKED} AND row->>'state' = 'expired'"),
    ],
    "request released": [
        Told(
            "bundle-released", "bundle", "row->>'operator' = said->>'operator' AND row->'slot' = said->'slot'"
        ),
        Told("sheets-opened", "sheet", _OPERATOR),
        Told(
            "urgent-released",
            "bundle",
            f"{_OPERATOR} AND row->>'cause' = said->>'event' AND row->'slot' = said->'slot'",
        ),
    ],
    "request answered": [
        Told("item-answered", "request", "row->>'state' = 'answered'"),
        Told("sheet-answered", "request", "row->>'state' = 'answered'"),
        Told("request-placed", "served", _EVENT, "said->>'state' = 'answered'"),
        Told("answer-kept", "kept_answer", "row->>'answer_key' = said->>'event'"),
        Told("answer-retracted", "lapse"),
    ],
    "access to a page or export": [
        Told("page-seen", None),
        Told("content-exported", None),
        Told("audit-asked", None),
    ],
    "register change": [Told("register-version", "register_version", "row->'version' = said->'register'")],
    "administrator act": [
        Told("policy-set", "operator_policy", _OPERATOR),
        Told("token-made", "party_token", _PARTY),
        Told("content-removed", "removal", _EVENT),
        Told("replay-begun", None),
        Told("outlet-changed", "outlet", _PARTY),
    ],
}
"""What the ledger tells, each with the kinds of records that do."""
# What an erasure empties it looks at twice: of the second time there is no record, for it takes nothing away.
_GONE = "EXISTS (SELECT FROM removal WHERE event_key::text = row->>'event_key')"
_FULL = "row->>'body' <> '(verwijderd)'"
_STEERED = {"item-declined", "item-postponed", "item-referred"}
EFFECTS: list[tuple[str, str, set[str]]] = [
    ("claim", "is_new AND row->>'publisher' IS NOT NULL", {"event-received"}),
    ("event", f"is_new OR NOT {_GONE}", {"event-routed"}),
    (
        "audience",
        "is_new",
        {"event-routed", "sheet-answered", "answer-lapsed", "request-placed", "item-answered", *_STEERED},
    ),
    ("outcome", "true", {"mail-composed", "delivery-withheld", "replay-mailed"}),
    ("mail", "row->>'state' = 'queued' AND row->'attempts' = '0'", {"mail-composed", "mail-taken-back"}),
    ("mail", f"row->>'state' = 'sent' AND {_FULL}", {"mail-sent"}),
    ("mail", f"row->>'state' = 'failed' AND {_FULL}", {"mail-failed"}),
    ("bundle", "is_new", {"bundle-released", "urgent-released", "sheets-opened"}),
    ("register_version", "true", {"register-version"}),
    ("party_token", "row->>'used_at' IS NULL", {"token-made"}),
    ("operator_policy", "true", {"policy-set"}),
    ("removal", "true", {"content-removed"}),
    ("served", "true", {"request-served", "request-placed"}),
    ("request", "row->>'state' = 'answered'", {"item-answered", "sheet-answered", "request-placed"}),
]
"""Rows that may not be written without a record of one of these kinds."""

_NO_EFFECT = """
    SELECT said FROM noted.record r WHERE kind = :kind AND ({where}) AND NOT EXISTS (
      SELECT FROM noted.row e WHERE e.written_in = r.written_in AND name = :name AND ({same}))
"""
_NO_RECORD = """
    SELECT row FROM noted.row e WHERE name = :name AND ({which}) AND NOT EXISTS (
      SELECT FROM noted.record r WHERE e.written_in = r.written_in AND kind = ANY(:kinds))
"""
_DECIDED = text(
    "SELECT said FROM noted.record WHERE kind = 'event-routed' AND jsonb_array_length(said->'deliveries') > 0"
)


async def note_writes(owner: AsyncEngine) -> None:
    """From now on, every row that is written is noted with its transaction."""
    async with transaction(owner) as connection:
        for statement in _NOTE:
            await connection.execute(text(statement))


async def apart(owner: AsyncEngine) -> list[Any]:
    """What the ledger does not tell of; which records stand without the effect that they tell of, in their
    transaction; and which effects without a record."""
    wrong: list[Any] = []
    async with transaction(owner) as connection:
        query = text("SELECT DISTINCT kind FROM noted.record")
        seen = set((await connection.execute(query)).scalars())
        wrong += [(what, one.kind) for what, told in TOLD.items() for one in told if one.kind not in seen]
        for told in [one for some in TOLD.values() for one in some if one.table]:
            query = text(_NO_EFFECT.format(same=told.same, where=told.where))
            rows = await connection.execute(query, {"kind": told.kind, "name": told.table})
            wrong += [("record without effect", told.kind, said) for said in rows.scalars()]
        for table, which, kinds in EFFECTS:
            query = text(_NO_RECORD.format(which=which))
            rows = await connection.execute(query, {"name": table, "kinds": list(kinds)})
            wrong += [("effect without record", table, row) for row in rows.scalars()]
        for said in (await connection.execute(_DECIDED)).scalars():
            if not isinstance(said["register"], int) or not all(one["reasons"] for one in said["deliveries"]):
                wrong.append(("decided without a reason or register", said))
    return wrong
