"""What came to no end, for the administrator: dead letters of Kafka and mails that were given up; and what is
sent again after repair."""

from datetime import UTC, datetime
from http import HTTPStatus
from typing import Annotated, Any
from uuid import UUID

from fastapi import FastAPI, Path, Query, Request
from sqlalchemy.ext.asyncio import AsyncEngine

from connectors.api.answers import Answer, Paged
from connectors.api.caller import administrator, only
from connectors.api.paging import PER_PAGE, Page, paged
from connectors.api.problems import answers, may_fail
from connectors.api.refused import ApiRefused
from hub.kafka.broker import Publisher
from hub.kafka.letters import LetterGone, LetterUnknown, send_again
from hub.settings import Settings
from hub.store.clock import Clock
from hub.store.database import transaction
from hub.store.intake.letters import key_of, read_key
from hub.store.mail import mails
from hub.store.register.administering import ADMINISTRATOR
from hub.store.views.mails import count_dead_letters, list_dead_letters
from schemas.terms import PartySlug

_Key = Annotated[str, Path(max_length=400, description="Het kenmerk, zoals de lijst het noemt.")]
_Party = Annotated[PartySlug | None, Query(description="Alleen mails aan deze partij.")]


class LetterProblem(Answer):
    field: str
    code: str
    detail: str


class ShownLetter(Answer):
    """A record that a worker could not handle, and why; `known`: its event came in all the same. It can be
    sent again once."""

    key: str
    event_key: UUID | None
    known: bool
    reason: str
    problems: list[LetterProblem]
    at: datetime
    sent_again_at: datetime | None


class DeadLetters(Paged):
    letters: list[ShownLetter]


class LetterSentAgain(Answer):
    """When it was sent again: now, or before."""

    key: str
    sent_again_at: datetime


class FailedMail(Answer):
    """A mail that the mail server did not take, without its text."""

    mail_key: UUID
    party: str
    kind: str
    attempts: int
    last_error: str | None


class FailedMails(Paged):
    mails: list[FailedMail]


class MailsSentAgain(Answer):
    """How many go again."""

    mails: int


def add_letters(
    app: FastAPI, settings: Settings, pool: AsyncEngine, publisher: Publisher, clock: Clock
) -> None:
    """Adds dead letters and mails that were given up to the app."""

    async def get_letters(request: Request, page: Page = 1) -> Any:
        await administrator(request)
        only(request, "page")
        async with transaction(pool) as connection:
            total = await count_dead_letters(connection)
            rows = await list_dead_letters(connection, PER_PAGE, (page - 1) * PER_PAGE)
        pages = max(1, -(-total // PER_PAGE))
        told = DeadLetters(page=page, pages=pages, total=total, letters=list(map(_letter, rows)))
        return told.model_dump(mode="json", by_alias=True)

    async def post_letter(request: Request, key: _Key) -> Any:
        await administrator(request)
        only(request)
        now = await clock.now()
        try:
            if (read := read_key(key)) is None:
                raise LetterUnknown(key)
            async with transaction(pool) as connection:
                sent = await send_again(connection, settings, publisher, read, ADMINISTRATOR, now)
        except LetterUnknown:
            detail = "Haal de lijst op: daar staat van elk onbestelbaar bericht het kenmerk."
            raise ApiRefused(
                HTTPStatus.NOT_FOUND, "letter", "Dit onbestelbare bericht is er niet", detail
            ) from None
        except LetterGone as gone:
            title = "Dit bericht kan niet opnieuw"
            raise ApiRefused(HTTPStatus.CONFLICT, "letter-gone", title, str(gone)) from None
        return LetterSentAgain(key=key, sent_again_at=sent).model_dump(mode="json", by_alias=True)

    async def get_mails(request: Request, party: _Party = None, page: Page = 1) -> Any:
        await administrator(request)
        only(request, "party", "page")
        async with transaction(pool) as connection:
            rows = await mails.list_failed(connection, party)
        found = [FailedMail(**row._asdict()).model_dump(mode="json", by_alias=True) for row in rows]
        return paged("mails", found, page)

    async def post_mails(request: Request, party: _Party = None) -> Any:
        await administrator(request)
        only(request, "party")
        now = await clock.now()
        async with transaction(pool) as connection:
            many = await mails.queue_failed(connection, party, datetime.now(UTC), ADMINISTRATOR, now)
        return MailsSentAgain(mails=many).model_dump(mode="json", by_alias=True)

    may_not = may_fail(HTTPStatus.FORBIDDEN)
    not_again = may_fail(HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND, HTTPStatus.CONFLICT)
    for path, method, endpoint, summary, responses in (
        (
            "dead-letters",
            "GET",
            get_letters,
            "Wat kon de hub niet aan?",
            answers(DeadLetters) | may_not,
        ),
        (
            "dead-letters/{key}/send-again",
            "POST",
            post_letter,
            "Stuur opnieuw wat de hub niet kon verwerken, na herstel",
            answers(LetterSentAgain) | not_again,
        ),
        ("failed-mails", "GET", get_mails, "Welke mails zijn opgegeven?", answers(FailedMails) | may_not),
        (
            "failed-mails/send-again",
            "POST",
            post_mails,
            "Stuur opgegeven mails opnieuw",
            answers(MailsSentAgain) | may_not,
        ),
    ):
        app.add_api_route(
            f"/v1/{path}",
            endpoint,
            methods=[method],
            summary=summary,
            description="Alleen voor de beheerder van de hub.",
            response_model=None,
            responses=responses,
        )


def _letter(row: Any) -> ShownLetter:
    return ShownLetter(
        key=str(key_of(row)),
        event_key=row.event_key,
        known=row.known,
        reason=row.reason,
        problems=[LetterProblem(field=one[0], code=one[1], detail=one[2]) for one in row.problems],
        at=row.at,
        sent_again_at=row.sent_again_at,
    )
