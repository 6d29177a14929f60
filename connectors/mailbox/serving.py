"""The pages that links in mails lead to. The word in the address says whose mail it is about, and gives
nothing but the choice of that mail: no event is shown here. Only a POST changes something, for programs that
check mail open every link."""

from collections.abc import Awaitable, Callable
from datetime import date, datetime
from http import HTTPStatus
from typing import Annotated, Any
from urllib.parse import parse_qs

from fastapi import FastAPI, Path, Request, Response
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from connectors.mailbox.links import SECRET
from connectors.mailbox.rendering import render_page
from hub import wording
from hub.register.model import Register
from hub.rules.links import Link, Purpose, read
from hub.rules.moments import dutch_day
from hub.rules.preferences import KINDS, Preferences, problems
from hub.store.clock import Clock
from hub.store.database import transaction
from hub.store.preferences import (
    Changed,
    TooManyChanges,
    change_preferences,
    preferences_of,
    times_chosen,
)
from hub.store.registers import Registers
from hub.store.secrets import own_secret

_MOST_BYTES = 16 * 1024
_MOST_FIELDS = 200
_HEADERS = {
    "Cache-Control": "private, no-store",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; "
    "frame-ancestors 'none'; base-uri 'none'",
}
_Word = Annotated[str, Path(max_length=500)]
_UNKNOWN = "Deze link werkt niet (meer). Neem de link uit uw nieuwste mail van Kernhub."
_CHOSEN_SINCE = (
    "U hebt na deze mail gekozen welke mail u krijgt. Die keuze telt. Neem de link uit een nieuwere mail."
)
_UNREADABLE = "Dit formulier is niet te lezen. Ga terug, kies opnieuw en bewaar nog eens."


class _Page(Exception):
    """The answer, instead of what was asked."""

    def __init__(self, status: HTTPStatus, words: str):
        self.response = _html(render_page("told.html", title="Dit lukt niet", words=words), status)


Confirm = Callable[[AsyncConnection, str, Changed, Register, datetime], Awaitable[None]]
"""Mails a party what it changed, in the transaction of the change."""


def add_mail_links(
    app: FastAPI, pool: AsyncEngine, registers: Registers, clock: Clock, confirm: Confirm
) -> None:
    """Adds the pages behind the links in mails to the app."""

    async def show(word: _Word) -> Response:
        register = await registers.newest()
        async with transaction(pool) as connection:
            link = await _link(connection, word, register, dutch_day(await clock.now()))
            wanted = await preferences_of(connection, link.party)
        return _answer(link, wanted, register)

    async def change(request: Request, word: _Word) -> Response:
        register, now = await registers.newest(), await clock.now()
        async with transaction(pool) as connection:
            link = await _link(connection, word, register, dutch_day(now))
        if link.purpose is Purpose.STOP:
            by, wish = "link-stop", _without(link.about)
        else:
            chosen = _chosen(await _form(request))
            if wrong := list(problems(chosen)):
                wanted = chosen._replace(weekdays=chosen.weekdays or (0,))
                return _answer(link, wanted, register, wrong=[one.detail for one in wrong])
            by, wish = "link-choose", _instead(chosen)
        async with transaction(pool) as connection:
            if link.purpose is Purpose.STOP:
                await _still_counts(connection, link)
            is_choice = link.purpose is Purpose.CHOOSE
            try:
                changed = await change_preferences(connection, link.party, wish, by, now, is_choice=is_choice)
            except TooManyChanges as error:
                raise _Page(HTTPStatus.TOO_MANY_REQUESTS, str(error)) from None
            if changed.version is not None:
                await confirm(connection, link.party, changed, register, now)
        return _answer(link, changed.wanted, register, done=True)

    @app.exception_handler(_Page)
    async def on_page(_: Request, error: _Page) -> Response:
        return error.response

    for method, endpoint in (("GET", show), ("POST", change)):
        app.add_api_route("/mail/{word}", endpoint, methods=[method], include_in_schema=False)


def _without(kind: str) -> Callable[[Preferences], Preferences]:
    return lambda before: before.without(kind)


def _instead(chosen: Preferences) -> Callable[[Preferences], Preferences]:
    return lambda _: chosen


async def _link(connection: AsyncConnection, word: str, register: Register, today: date) -> Link:
    def mailbox_of(party: str) -> str | None:
        return register.parties[party].mailbox if party in register.parties else None

    link = read(word, mailbox_of, await own_secret(connection, SECRET), today)
    if link is None or (link.purpose is Purpose.STOP and link.about not in KINDS):
        raise _Page(HTTPStatus.NOT_FOUND, _UNKNOWN)
    return link


async def _still_counts(connection: AsyncConnection, link: Link) -> None:
    """Raises _Page when the party chose anew since the mail left; what is stopped already is no matter."""
    stopped = (await preferences_of(connection, link.party)).stopped
    if link.chosen < await times_chosen(connection, link.party) and link.about not in stopped:
        raise _Page(HTTPStatus.GONE, _CHOSEN_SINCE)


async def _form(request: Request) -> dict[str, list[str]]:
    body = b""
    async for part in request.stream():
        body += part
        if len(body) > _MOST_BYTES:
            raise _Page(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, _UNREADABLE)
    try:
        return parse_qs(body.decode(), max_num_fields=_MOST_FIELDS, strict_parsing=bool(body))
    except ValueError:
        raise _Page(HTTPStatus.BAD_REQUEST, _UNREADABLE) from None


def _chosen(form: dict[str, list[str]]) -> Preferences:
    """What the form says; a kind of mail that is not ticked is not wanted."""
    try:
        days = {
            name: date.fromisoformat(form[name][0]) if name in form else None
            for name in ("away_from", "away_until")
        }
        return Preferences(
            weekdays=tuple(sorted({int(day) for day in form.get("weekday", [])})),
            hour=int(form["hour"][0]),
            working_days="working_days" in form,
            stopped=tuple(sorted(set(KINDS) - set(form.get("kind", [])))),
            **days,
        )
    except (ValueError, KeyError):
        raise _Page(HTTPStatus.BAD_REQUEST, _UNREADABLE) from None


def _answer(link: Link, wanted: Preferences, register: Register, **more: Any) -> Response:
    name = "stop.html" if link.purpose is Purpose.STOP else "choose.html"
    html = render_page(
        name,
        party=wording.party_name(link.party, register),
        what=wording.mail_kind(link.about) if link.purpose is Purpose.STOP else "",
        wanted=wanted,
        kinds=[(kind, wording.mail_kind(kind).strip("'")) for kind in KINDS],
        days=wording.DAYS,
        done=more.get("done", False),
        wrong=more.get("wrong", []),
    )
    return _html(html, HTTPStatus.UNPROCESSABLE_ENTITY if more.get("wrong") else HTTPStatus.OK)


def _html(content: str, status: HTTPStatus) -> Response:
    return Response(content, status, _HEADERS, "text/html; charset=utf-8")
