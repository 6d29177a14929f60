"""Sessions of people, looked up at every request, so that one that ends does so at once in every process.
What a browser shows is kept as a hash."""

import hashlib
import secrets
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import delete, insert, literal, select, update
from sqlalchemy.dialects import postgresql
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.rules.signing_in import IDLE, LONGEST, Session
from hub.store import tables

_session, _upload = tables.session.c, tables.upload.c


class Upload(NamedTuple):
    """The file that a person tried last."""

    name: str
    content: bytes


def new_word() -> str:
    """What a browser gets to show: long and random."""
    return secrets.token_urlsafe(32)


def hashed(word: str) -> bytes:
    """How it is kept. It is long and random: a slow hash would add nothing."""
    return hashlib.sha256(word.encode(errors="replace")).digest()


async def begin_session(connection: AsyncConnection, session: Session) -> str:
    """The word of a new session; nobody can read it back."""
    word = new_word()
    await connection.execute(insert(tables.session), {"session_hash": hashed(word), **session._asdict()})
    return word


async def find_session(connection: AsyncConnection, word: str) -> Session | None:
    """The session of who shows this."""
    query = select(*(_session[name] for name in Session._fields))
    row = (await connection.execute(query.where(_session.session_hash == hashed(word)))).first()
    return Session(*row) if row else None


async def note_seen(connection: AsyncConnection, word: str, now: datetime) -> None:
    """The person is still there."""
    of_word = _session.session_hash == hashed(word)
    await connection.execute(update(tables.session).where(of_word).values(seen_at=now))


async def forget_ended(connection: AsyncConnection, wall: datetime) -> None:
    """Nothing is kept of the sessions that ended, and of the files that were ready to be sent there."""
    ended = (_session.seen_at <= wall - IDLE) | (_session.began_at <= wall - LONGEST)
    await connection.execute(delete(tables.session).where(ended))


async def end_session(connection: AsyncConnection, word: str) -> bool:
    """Ends a session, in every process; whether there was one."""
    gone = await connection.execute(delete(tables.session).where(_session.session_hash == hashed(word)))
    return gone.rowcount > 0


async def keep_upload(connection: AsyncConnection, word: str, upload: Upload) -> None:
    """Keeps the file of a session, instead of the one before; of one that ended nothing is kept."""
    kept = upload._asdict()
    values = [literal(value, _upload[name].type) for name, value in kept.items()]
    row = select(_session.session_hash, *values).where(_session.session_hash == hashed(word))
    statement = postgresql.insert(tables.upload).from_select(["session_hash", *kept], row)
    await connection.execute(statement.on_conflict_do_update(index_elements=["session_hash"], set_=kept))


async def find_upload(connection: AsyncConnection, word: str) -> Upload | None:
    """The file that the session tried last."""
    query = select(_upload.name, _upload.content).where(_upload.session_hash == hashed(word))
    row = (await connection.execute(query)).first()
    return Upload(row.name, bytes(row.content)) if row else None
