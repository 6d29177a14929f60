"""Erasure looks everywhere that words of people can stand; a mail is read as it was meant."""

import pytest
from sqlalchemy import LargeBinary, Text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from hub.store import tables, words
from hub.store.tables.kinds import JsonText

_HOLDS_TEXT = (Text, JSONB, JsonText, LargeBinary)


def test_every_column_that_can_hold_text_is_looked_at_or_is_said_to_hold_no_words() -> None:
    looked_at = {f"{table}.content" for table in words.CONTENTS}
    looked_at |= {f"{table}.{column}" for table, columns in words.EMPTIED.items() for column in columns}
    looked_at |= {f"{table}.{column}" for table, (_, columns) in words.STAY.items() for column in columns}
    without = [column for columns in words.WITHOUT.values() for column in columns.split()]
    there = {
        f"{table.name}.{column.name}"
        for table in tables.metadata.tables.values()
        for column in table.columns
        if isinstance(column.type.item_type if isinstance(column.type, ARRAY) else column.type, _HOLDS_TEXT)
    }
    assert sorted([*looked_at, *without]) == sorted(there)


@pytest.mark.parametrize(
    "raw",
    [
        b"Subject: groet\nContent-Type: text/plain; charset=utf-8\n\nVan Ren\xc3\xa9e\n Jansen",
        b"Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: quoted-printable\n\n"
        b"Van Ren=C3=A9e Jan=\nsen",
        b"Content-Type: text/plain; charset=iso-8859-1\nContent-Transfer-Encoding: 8bit\n\nRen\xe9e Jansen",
        b"Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: base64\n\nUmVuw6llIEphbnNlbg==",
        b"Content-Type: text/html; charset=utf-8\n\n<p>Ren&eacute;e <b>Jansen</b></p>",
        b"From: =?utf-8?q?Ren=C3=A9e_Jansen?= <a@b.nl>\n\nja",
        b"Content-Type: text/plain; charset=onbekend\n\nRen\xe9e Jansen",
        "Rene\u0301e Jansen".encode(),
        b"Content-Type: multipart/mixed; boundary=x\n\n--x\nContent-Disposition: attachment; "
        b'filename="Ren\xc3\xa9e Jansen.pdf"\n\n--x--',
    ],
)
def test_words_are_found_in_a_mail_however_it_was_written(raw: bytes) -> None:
    assert words.stands_in_mail(raw, "ren\u00e9e  JANSEN")
    assert not words.stands_in_mail(raw, "Pietersen")
