"""The pages that links in mails lead to. The word in the address says whose mail it is about, and gives
nothing but the choice of that mail: no event is shown here."""

import re
from collections.abc import Callable
from datetime import date, datetime
from functools import partial
from http import HTTPStatus
from typing import Annotated, Any

from fastapi import FastAPI, Path, Request, Response
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from connectors.mailbox.links import SECRET
from connectors.mailbox.pages import (
    UNREADABLE,
    LinkUnknown,
    ToldInstead,
    add_telling,
    form_of,
    page,
)
from connectors.mailbox.rendering import render_page
from hub.register.model import Register
from hub.rules.links import Link, Purpose, read
from hub.rules.moments import dutch_day
from hub.rules.preferences import DIGEST, DUTCH, KINDS, LANGUAGES, LEVELS, MANDATORY, Preferences, problems
from hub.store.access.secrets import own_secret
from hub.store.clock import Clock
from hub.store.database import transaction
from hub.store.mail.preferences import (
    Confirm,
    TooManyChanges,
    change_preferences,
    preferences_of,
    speaking_to,
    times_chosen,
)
from hub.store.register.registers import Registers
from hub.words import wording
from hub.words.language import said, speaking
from schemas.problems import Problem

_MAY_STOP = [kind for kind in KINDS if kind not in MANDATORY]
_LABELS = {
    "weekdays": "Wanneer komt uw overzicht?",
    "hour": "Vanaf",
    "awayFrom": "Van",
    "awayUntil": "Tot en met",
    "deputy": "Waarnemer",
    "functions": "Waarover krijgt u mail?",
    "areas": "Gebieden (codes, zoals GM0935 PV31)",
    "least": "Hoe dringend",
    "language": "Taal van uw mail",
}
"""What the form calls each field."""
_HOWS = {"immediate": "at_once", "digest": "digested", "not": "stopped"}
_MOST_BYTES = 16 * 1024
_Word = Annotated[str, Path(max_length=500)]
_TOO_MANY = (
    "Vandaag is uw keuze al zo vaak veranderd als op een dag mag. Probeer het morgen opnieuw, of vraag de "
    "beheerder van de hub."
)
_CHOSEN_SINCE = (
    "U hebt na deze mail gekozen welke mail u krijgt. Die keuze telt. Neem de link uit een nieuwere mail."
)


def add_mail_links(
    app: FastAPI, pool: AsyncEngine, registers: Registers, clock: Clock, confirm: Confirm
) -> None:
    """Adds the pages behind the links in mails to the app."""

    async def show(word: _Word) -> Response:
        register, now = await registers.newest(), await clock.now()
        async with transaction(pool) as connection:
            link = await _link(connection, word, register, dutch_day(now))
            wanted = await preferences_of(connection, link.party)
        return _answer(link, wanted, register)

    async def change(request: Request, word: _Word) -> Response:
        register, now = await registers.newest(), await clock.now()
        async with transaction(pool) as connection:
            link = await _link(connection, word, register, dutch_day(now))
            speaking_its_own = await speaking_to(connection, link.party)
        with speaking_its_own:
            return await change_of(link, request, register, now)

    async def change_of(link: Link, request: Request, register: Register, now: datetime) -> Response:
        if link.purpose is Purpose.STOP:
            by, wish = "link-stop", _without(link.about)
        else:
            chosen = _chosen(await form_of(request, _MOST_BYTES))
            if wrong := list(problems(chosen, link.party, register)):
                wanted = chosen._replace(weekdays=chosen.weekdays or (0,))
                return _answer(link, wanted, register, wrong=wrong)
            by, wish = "link-choose", _instead(chosen)
        async with transaction(pool) as connection:
            if link.purpose is Purpose.STOP:
                await _still_counts(connection, link)
            is_choice = link.purpose is Purpose.CHOOSE
            try:
                changed = await change_preferences(connection, link.party, wish, by, now, is_choice=is_choice)
            except TooManyChanges:
                raise ToldInstead(HTTPStatus.TOO_MANY_REQUESTS, _TOO_MANY) from None
            await confirm(connection, link.party, changed, register, now)
        return _answer(link, changed.wanted, register, done=True)

    add_telling(app)
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
    if (
        link is None
        or link.purpose is Purpose.DECIDE
        or (link.purpose is Purpose.STOP and link.about not in _MAY_STOP)
    ):
        raise LinkUnknown
    return link


async def _still_counts(connection: AsyncConnection, link: Link) -> None:
    """Raises ToldInstead when the party chose anew since the mail left; what is stopped already is no
    matter."""
    stopped = (await preferences_of(connection, link.party)).stopped
    if link.chosen < await times_chosen(connection, link.party) and link.about not in stopped:
        raise ToldInstead(HTTPStatus.GONE, _CHOSEN_SINCE)


def _kinds(form: dict[str, list[str]], how: str) -> tuple[str, ...]:
    """The kinds of mail for which the form chooses this."""
    return tuple(sorted(kind for kind in _MAY_STOP if form.get(f"how-{kind}", [""])[0] == how))


def _day(form: dict[str, list[str]], name: str) -> date | None:
    return date.fromisoformat(form[name][0]) if name in form else None


def _chosen(form: dict[str, list[str]]) -> Preferences:
    """What the form says; what it does not name is as usual."""
    try:
        day, kinds = partial(_day, form), partial(_kinds, form)
        return Preferences(
            weekdays=tuple(sorted({int(day) for day in form.get("weekday", [])})),
            hour=int(form["hour"][0]),
            working_days="working_days" in form,
            stopped=kinds("not"),
            away_from=day("away_from"),
            away_until=day("away_until"),
            deputy=form.get("deputy", [""])[0].strip() or None,
            at_once=kinds("immediate"),
            digested=kinds("digest"),
            functions=tuple(form.get("function", [])),
            areas=tuple(re.findall(r"[^\s,;]+", form.get("areas", [""])[0].upper())),
            least=form.get("least", [LEVELS[0]])[0],
            language=form.get("language", [DUTCH])[0],
        )
    except (ValueError, KeyError):
        raise ToldInstead(HTTPStatus.BAD_REQUEST, UNREADABLE) from None


def _answer(link: Link, wanted: Preferences, register: Register, **more: Any) -> Response:
    """The page, in the language that the party chose."""
    with speaking(wanted.language if wanted.language in LANGUAGES else DUTCH):
        html = _page(link, wanted, register, **more)
    return page(html, HTTPStatus.UNPROCESSABLE_ENTITY if more.get("wrong") else HTTPStatus.OK)


def _page(link: Link, wanted: Preferences, register: Register, **more: Any) -> str:
    name = "stop.html" if link.purpose is Purpose.STOP else "choose.html"
    return render_page(
        name,
        party=wording.party_name(link.party, register),
        what=wording.mail_kind(link.about) if link.purpose is Purpose.STOP else "",
        wanted=wanted,
        kinds=[(kind, _name(kind), _how(wanted, kind)) for kind in _MAY_STOP if kind != DIGEST],
        digest_stopped=DIGEST in wanted.stopped,
        always=[_name(kind) for kind in MANDATORY],
        functions=[(str(slug), wording.function_name(slug, register)) for slug in register.functions],
        levels={level: said(words) for level, words in wording.LEVELS.items()},
        languages={language: said(words) for language, words in wording.LANGUAGES.items()},
        days=[said(day) for day in wording.DAYS],
        done=more.get("done", False),
        wrong=[_said_wrong(one) for one in more.get("wrong", [])],
    )


def _said_wrong(problem: Problem) -> str:
    """What is wrong with which field, in the language of now; what stands after a colon is as given."""
    what, colon, given = problem.detail.partition(": ")
    wrong = said(what) + colon + given
    if (label := _LABELS.get(problem.field)) is None:
        return wrong
    return f"{said(label).partition(' (')[0].rstrip('?')}: {wrong}"


def _name(kind: str) -> str:
    return wording.mail_kind(kind).strip("'")


def _how(wanted: Preferences, kind: str) -> str:
    return next((how for how, field in _HOWS.items() if kind in getattr(wanted, field)), "usual")
