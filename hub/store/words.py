"""Where words of people stand in the database: every column that can hold text is in one of these lists, and
a test looks that none is forgotten."""

import re
import unicodedata
from collections.abc import AsyncIterator, Mapping
from email import message_from_bytes
from email.header import decode_header, make_header
from email.message import Message
from html import escape
from uuid import UUID

from sqlalchemy import delete, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.intake.mail_reading import text_of_html
from hub.store import tables

CONTENTS: Mapping[str, str] = {
    "event": "event_key",
    "answer": "answer_key",
    "steering": "by_key",
    "pressing": "event_key",
    "outbox": "event_key",
}
"""Every table that has contents of events, in its column `content`, and which column is the event's key."""
EMPTIED: Mapping[str, tuple[str, ...]] = {
    "mail": ("subject", "body", "html", "calendar", "address", "copy_to", "last_error"),
    "mail_in": ("sender", "recipient", "raw", "answers", "reason"),
    "dead_letter": ("problems",),
    "upload": ("name", "content"),
}
"""What else people wrote, or what the hub made of it: emptied where the words stand in it."""
STAY: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "register_entry": ("het register; wijzig het daar ('kernhub register'), wat er was blijft", ("facts",)),
    "register_version": ("wie het register wijzigde", ("by",)),
    "mail_preference": ("de mailkeuzes van een partij; die wijzigt u ('kernhub preferences')", ("content",)),
    "operator_policy": ("de grenzen van een beheerder; die wijzigt hij zelf", ("policy",)),
    "outlet": ("een systeem van een partij; zij wijzigt het zelf", ("name", "target", "last_error")),
    "unsent": ("wat een systeem zei dat iets niet aannam", ("last_error",)),
    "party_token": ("de naam van een sleutel; trek haar in ('kernhub token')", ("name",)),
    "client": ("een programma van een partij; trek het in ('kernhub client')", ("name", "client_id")),
    "session": ("een aanmelding op de pagina's; die eindigt vanzelf", ("mailbox",)),
    "removal": ("de reden van een eerdere verwijdering", ("reason",)),
}
"""What is no exchange: erasure leaves it, and says that the words are there."""
WITHOUT: Mapping[str, str] = {
    "stand in its content": """
        event.subject event.type event.functions event.areas event.tlp event.publisher
    """,
    "hash, and what it is made with; forgotten with the content": """
        claim.content_hash claim.salt mail.salt
    """,
    "names parties": """
        claim.publisher kafka_account.party party_token.party client.party feed_token.party mail.party
        mail_in.party mail_preference.party outlet.party outcome.party pulled.party audience.parties
        steering.party bundle.operator bundle.asker request.operator request.asker item.operator
        answer.operator kept_answer.operator lapse.operator served.operator sheet.operator pressing.operator
        operator_lock.operator operator_policy.operator reminder.operator reminded.operator
        question_word.operator kept_answer.named session.party session.number sign_in.party
    """,
    "words of the hub": """
        audience.channel audience.mode outcome.channel outcome.mode outlet.channel outcome.withheld
        bundle.withheld reminder.withheld dead_letter.reason mail.kind mail.tlp mail.state mail.stops
        mail_in.state outlet.state outlet.stopped_why item.state item.tlp request.state kept_answer.kind
        bundle.kind kept_answer.tlp sheet.tlp question_word.word removal.why register_entry.kind
        request.visibility ledger.kind handled.consumer dead_letter.consumer secret.name party_token.scopes
        client.scopes kafka_account.scopes
    """,
    "relations and names of the register": """
        audience.reasons outcome.reasons
    """,
    "codes": """
        item.functions kept_answer.functions sheet.function request.areas kept_answer.areas served.areas
        sheet.areas
    """,
    "keyed hash (ADR 32)": """
        item.merge_key item.library_key request.merge_key request.library_key kept_answer.merge_key
        sheet.crisis pressing.crisis bundle.input_hash
    """,
    "names of parties, with counts": """
        operator_lock.turns
    """,
    "name of a party, function or area": """
        register_entry.key
    """,
    "name of a topic, of functions and parties": """
        dead_letter.topic
    """,
    "secrets and keys": """
        outlet.secrets party_token.token_hash client_secret.secret_hash feed_token.token_hash
        client.public_keys secret.value
    """,
    "the client is searched": """
        client_secret.client_id used_assertion.client_id
    """,
    "random, and soon gone": """
        used_assertion.assertion_id
    """,
    "speaks of contents by salted hashes (ADR 32)": """
        ledger.record ledger.leaf_hash ledger_batch.leaf_hashes
    """,
    "hashes and signatures": """
        session.session_hash upload.session_hash sign_in.mailbox_mark sign_in.address_mark
        sign_in.browser_hash
        ledger_tile.hashes ledger_set_aside.hash tree_head.root tree_head.note register_version.salt
    """,
}
"""Why columns hold no words that people wrote, and which those are."""

_BLANK = r"(\s|\u00a0|\\[nrt])+"
_blank = re.compile(r"\s+")


def _plain(expression: str) -> str:
    """SQL for a text without its line ends, capitals and ways to write an accent."""
    return rf"lower(regexp_replace(normalize({expression}, NFC), '{_BLANK}', ' ', 'g'))"


def found_in(column: str) -> str:
    """SQL: whether the words of `as_searched` stand in a column."""
    plain = _plain(f"{column}::text")
    looks = " OR ".join(
        f"position(lower(:{form}) in {plain}) > 0" for form in ("plain", "in_json", "in_html")
    )
    return f"({column} IS NOT NULL AND ({looks}))"


def as_searched(words: str) -> dict[str, str]:
    """The words as `found_in` looks for them: as in a text, in JSON and in HTML."""
    plain = _whole(words)
    in_json = plain.replace("\\", "\\\\").replace('"', '\\"')
    return {"plain": plain, "in_json": in_json, "in_html": escape(plain)}


def _whole(words: str) -> str:
    """Words without their line ends; each accent in one way."""
    return _blank.sub(" ", unicodedata.normalize("NFC", words)).strip()


def stands_in_mail(raw: bytes, words: str) -> bool:
    """Whether words stand in a mail as it came: in its headers and texts, decoded, or in a name of a file."""
    wanted = _whole(words).lower()
    return any(wanted in _whole(one).lower() for one in _texts(raw))


def _texts(raw: bytes) -> list[str]:
    found = [raw.decode("utf-8", "replace"), raw.decode("latin-1")]
    try:
        parts = list(message_from_bytes(raw).walk())
    except Exception:  # any bytes may come in; as they are they were looked at
        return found
    for part in parts:
        found += [_header(value) for _, value in part.items()]
        found += _body(part)
    return found


def _header(value: object) -> str:
    try:
        return str(make_header(decode_header(str(value))))
    except Exception:  # a charset that nobody knows
        return str(value)


def _body(part: Message) -> list[str]:
    payload = part.get_payload(decode=True)
    if not isinstance(payload, bytes):
        return []
    try:
        written = payload.decode(part.get_content_charset("utf-8"), "replace")
    except LookupError:
        written = payload.decode("latin-1")
    is_html = part.get_content_type() == "text/html"
    return [written, payload.decode("latin-1"), *([text_of_html(written)] if is_html else [])]


async def mails_in_containing(connection: AsyncConnection, words: str) -> AsyncIterator[tuple[UUID, str]]:
    """The mails that came in and in which these words stand: key, state."""
    query = text(
        "SELECT mail_in_key, state, raw, "  # noqa: S608 - no words from outside
        + " OR ".join(found_in(column) for column in ("sender", "recipient", "answers", "reason"))
        + " AS is_there FROM mail_in"
    )
    async with connection.stream(query, as_searched(words)) as rows:
        async for row in rows:
            if row.is_there or stands_in_mail(bytes(row.raw), words):
                yield row.mail_in_key, row.state


async def mails_containing(connection: AsyncConnection, words: str) -> dict[UUID, str]:
    """The mails of the hub in which these words stand: the state of each."""
    found = " OR ".join(found_in(column) for column in EMPTIED["mail"])
    query = text(f"SELECT mail_key, state FROM mail WHERE {found}")  # noqa: S608
    return {row.mail_key: row.state for row in await connection.execute(query, as_searched(words))}


async def drop_uploads(connection: AsyncConnection, words: str) -> int:
    """Removes the files that people have ready to send and in which these words stand, or may stand: what is
    packed can't be searched. How many; who has one ready tries it again."""
    rows = (await connection.execute(select(tables.upload))).all()
    mine = [
        row.session_hash
        for row in rows
        if bytes(row.content).startswith(b"PK")
        or stands_in_mail(bytes(row.content) + row.name.encode(), words)
    ]
    await connection.execute(delete(tables.upload).where(tables.upload.c.session_hash.in_(mine)))
    return len(mine)


async def contents_containing(connection: AsyncConnection, words: str) -> set[UUID]:
    """The events in a copy of whose contents these words stand."""
    parts = (
        f"SELECT {key} AS key FROM {table} WHERE {found_in('content')}"  # noqa: S608
        for table, key in CONTENTS.items()
    )
    return set((await connection.execute(text(" UNION ".join(parts)), as_searched(words))).scalars())


async def places_that_stay(connection: AsyncConnection, words: str) -> list[str]:
    """Where these words stand outside the exchange, in Dutch, with what to do."""
    told = []
    for table, (what, columns) in STAY.items():
        found = " OR ".join(found_in(column) for column in (f'"{one}"' for one in columns))
        query = text(f"SELECT count(*) FROM {table} WHERE {found}")  # noqa: S608
        if many := await connection.scalar(query, as_searched(words)):
            told.append(f"{many} keer in {what}")
    # A rebuild that was killed leaves its copy of the tables, with contents of before.
    left = await connection.execute(text(r"SELECT nspname FROM pg_namespace WHERE nspname LIKE 'rebuild\_%'"))
    told += [f"misschien in schema {name}, van 'kernhub rebuild'; ruim dat op" for name in left.scalars()]
    return told
