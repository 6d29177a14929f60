"""The page on which a party says what a mail of its own answers, where the hub could not tell. The word in
the address says which mail; what is shown is what was written in it, and the numbers of open questions."""

from datetime import datetime
from http import HTTPStatus
from typing import Annotated, Any
from uuid import UUID

from fastapi import FastAPI, Path, Request, Response
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from connectors.mailbox.links import SECRET
from connectors.mailbox.pages import LinkUnknown, ToldInstead, add_telling, form_of, page
from connectors.mailbox.rendering import render_page
from hub.intake.mail_reading import read_mail
from hub.intake.mailed_answers import Decision, decide
from hub.register.model import Register
from hub.rules.links import Link, Purpose, read
from hub.rules.mail_in.judging import Doubt, Said, said_in_reply
from hub.rules.moments import dutch_day
from hub.store.access.secrets import own_secret
from hub.store.clock import Clock
from hub.store.database import transaction
from hub.store.mail.mail_in import hold_mail, number_of_mail, open_numbers
from hub.store.mail.preferences import speaking_to
from hub.store.register.registers import Registers
from hub.words import wording
from hub.words.language import said
from schemas.terms import is_readable

_MOST_BYTES = 1024 * 1024
_FIELD = "vraag-"
_Word = Annotated[str, Path(max_length=500)]
_DONE = "Hierover is al beslist. Wat ervan is aangenomen, staat in een mail aan uw postbus."
_TAKEN = "Uw antwoorden worden nu aangenomen. U krijgt een mail die zegt wat is aangenomen."
_NOTHING = "De hub doet niets met deze mail."
_EMPTY = "U hebt bij geen enkele vraag iets ingevuld."


def add_mail_decisions(app: FastAPI, pool: AsyncEngine, registers: Registers, clock: Clock) -> None:
    """Adds the page to the app."""

    async def show(word: _Word) -> Response:
        register, now = await registers.newest(), await clock.now()
        async with transaction(pool) as connection:
            link, row = await _mail_of(connection, word, register, now)
            with await speaking_to(connection, link.party):
                return await _form(connection, link.party, _open(row), register)

    async def take(request: Request, word: _Word) -> Response:
        register, now = await registers.newest(), await clock.now()
        async with transaction(pool) as connection:
            # Who has no link has nothing to send: its form is not read.
            await _mail_of(connection, word, register, now)
        form = await form_of(request, _MOST_BYTES)
        register, now = await registers.newest(), await clock.now()
        async with transaction(pool) as connection:
            link, row = await _mail_of(connection, word, register, now)
            with await speaking_to(connection, link.party):
                row, is_none = _open(row), "none" in form
                answers = [] if is_none else _answers(form)
                if not answers and not is_none:
                    return await _form(connection, link.party, row, register, form, said(_EMPTY))
                by = Decision("link-decide", now)
                if doubt := await decide(connection, row, link.party, answers, register, by):
                    wrong = wording.doubt(doubt.reason)
                    return await _form(connection, link.party, row, register, form, wrong)
                told = ToldInstead(HTTPStatus.OK, _NOTHING if is_none else _TAKEN, "Bewaard")
        raise told

    add_telling(app)
    for method, endpoint in (("GET", show), ("POST", take)):
        app.add_api_route("/mail-in/{word}", endpoint, methods=[method], include_in_schema=False)


async def _mail_of(
    connection: AsyncConnection, word: str, register: Register, now: datetime
) -> tuple[Link, Any]:
    """The mail in doubt that a link is about, held until the transaction ends. Raises ToldInstead."""

    def mailbox_of(party: str) -> str | None:
        return register.parties[party].mailbox if party in register.parties else None

    link = read(word, mailbox_of, await own_secret(connection, SECRET), dutch_day(now))
    row = None
    if link is not None and link.purpose is Purpose.DECIDE:
        row = await hold_mail(connection, UUID(link.about))
    if link is None or row is None or row.party != link.party:
        raise LinkUnknown
    return link, row


def _open(row: Any) -> Any:
    """The mail, when nobody decided on it yet. Raises ToldInstead."""
    if row.state != "doubt":
        raise ToldInstead(HTTPStatus.GONE, _DONE)
    return row


def _answers(form: dict[str, list[str]]) -> list[Said]:
    answers = []
    for name, values in form.items():
        bundle, _, number = name.removeprefix(_FIELD).partition("-")
        text = "".join(filter(is_readable, values[0].replace("\r\n", "\n"))).strip()
        if name.startswith(_FIELD) and bundle.isdecimal() and number.isdecimal() and text:
            answers.append(Said(int(bundle[:9]), int(number[:9]), text))
    return answers


async def _form(
    connection: AsyncConnection,
    party: str,
    row: Any,
    register: Register,
    filled: dict[str, list[str]] | None = None,
    wrong: str | None = None,
) -> Response:
    mail = read_mail(bytes(row.raw), row.sender)
    bundle, numbers = await number_of_mail(connection, row.replied_to) if row.replied_to else (None, [])
    read_in = said_in_reply(mail.text, bundle, numbers)
    texts = {} if isinstance(read_in, Doubt) else {one.reference: one.text for one in read_in}
    if filled is not None:
        texts = {name.removeprefix(_FIELD): values[0] for name, values in filled.items()}
    html = render_page(
        "decide.html",
        party=wording.party_name(party, register),
        at=row.received_at,
        sender=mail.sender,
        reason=wording.doubt(row.reason),
        text=mail.text,
        files=mail.attachments,
        questions=[
            (reference, texts.get(reference, ""))
            for reference in await open_numbers(connection, party, bundle)
        ],
        wrong=wrong,
    )
    return page(html, HTTPStatus.UNPROCESSABLE_ENTITY if wrong else HTTPStatus.OK)
