"""Pages for who signed in: each looks again who that is, and a form counts only from our own page."""

from collections.abc import Awaitable, Callable, Mapping
from http import HTTPStatus
from typing import Any, Protocol

from fastapi import Request, Response
from fastapi.responses import RedirectResponse
from starlette.routing import Route

from connectors.web import html
from connectors.web.cookies import cookie, form_mark, is_own_form
from connectors.web.forms import Form, FormRefused, form_of
from connectors.web.showing import Showing
from connectors.web.visit import PageNotFound
from hub.identity.signing_in import Person, SigningIn
from hub.rules.exercises import is_hub_mute
from hub.words import wording

SIGN_IN, FILES, RECEIVED = "/inloggen", "/bestanden", "/ontvangen"
_MOST_BYTES = 4096
_STALE = (
    "Dit formulier is te oud, of kwam niet van deze site. Open de pagina opnieuw en probeer het nog eens."
)
_NOT_HERE = "Deze pagina is er niet, of is niet voor uw partij."
_SIGNED_OUT = (
    "U bent niet meer ingelogd, bijvoorbeeld omdat u een uur niets deed. Er is nu niets verstuurd. Log "
    "opnieuw in, en kies dan uw bestand opnieuw."
)


class Turn(Protocol):
    """What a party may do at once and in a minute, for one request."""

    async def of(self, party: str) -> None:
        """Waits for the turn of the party. Raises TooBusy."""

    def brought(self, events: int) -> None:
        """The request brings so many events."""

    def read(self, size: int) -> None:
        """So many bytes were read."""


class SignedOut(Exception):
    """Who sent this is not signed in, or no longer: nothing is done."""


class TooBusy(Exception):
    """The party has too much going on; the words are Dutch."""


Answering = Callable[[Request], Awaitable[Response]]
OfPerson = Callable[[Request, Person], Awaitable[Response]]


class People:
    """What the pages of people are made with."""

    def __init__(self, showing: Showing, signing_in: SigningIn, turn_of: Callable[[Request], Turn]):
        self.signing_in = signing_in
        self._showing = showing
        self.turn_of = turn_of
        self.session = cookie("session", showing.settings.public_url)
        self.browser = cookie("browser", showing.settings.public_url)

    def open(self, answer: Answering) -> Answering:
        """An endpoint for anybody."""

        async def endpoint(request: Request) -> Response:
            async def told() -> Response:
                try:
                    return await answer(request)
                except FormRefused as refused:
                    return self.page("refused.html", refused.status, words=refused.words)
                except PageNotFound:
                    return self.page("refused.html", HTTPStatus.NOT_FOUND, words=_NOT_HERE)
                except SignedOut:
                    return self.page("refused.html", HTTPStatus.FORBIDDEN, words=_SIGNED_OUT)
                except TooBusy as busy:
                    return self.page("refused.html", HTTPStatus.TOO_MANY_REQUESTS, words=str(busy))

            return await self._showing.told("mensen", told, of_people=True)

        return endpoint

    def signed_in(self, answer: OfPerson) -> Answering:
        """An endpoint for who signed in; others are sent to where one does, or told that what they send comes
        too late."""

        async def endpoint(request: Request) -> Response:
            person = await self.person_of(request)
            if person is not None:
                return await answer(request, person)
            if request.method == "POST":
                raise SignedOut
            return to(SIGN_IN)

        return self.open(endpoint)

    async def person_of(self, request: Request) -> Person | None:
        """Who signed in in this browser."""
        word = self.session.read(request.cookies)
        return await self.signing_in.find(word) if word else None

    async def still(self, person: Person) -> None:
        """Looks again: ask it after all that may take long, so that who is signed out meanwhile does nothing
        more. Raises SignedOut."""
        if await self.signing_in.find(person.word) is None:
            raise SignedOut

    def sign_out_route(self) -> Route:
        """Where one signs out."""

        async def leave(request: Request) -> Response:
            if person := await self.person_of(request):
                await self.form(request, person.word, _MOST_BYTES)
                await self.signing_in.leave(person)
            response = to(SIGN_IN)
            self.session.drop(response)
            return response

        return Route("/uitloggen", self.open(leave), methods=["POST"])

    async def form(self, request: Request, word: str, most_bytes: int) -> Form:
        """The form in a request, from our own page in the browser with this cookie. Raises FormRefused."""
        form = await form_of(request, most_bytes)
        if not is_own_form(form.fields.get("mark", ""), word):
            raise FormRefused(HTTPStatus.FORBIDDEN, _STALE)
        return form

    async def form_of(self, request: Request, person: Person, most_bytes: int) -> Form:
        """The form of who is still signed in when all of it is here. Raises FormRefused or SignedOut."""
        form = await self.form(request, person.word, most_bytes)
        await self.still(person)
        return form

    def page(
        self,
        template: str,
        status: HTTPStatus = HTTPStatus.OK,
        person: Person | None = None,
        word: str = "",
        **values: Any,
    ) -> Response:
        """A page; with `person` its head says for whom it is. `word`: of the cookie that goes with its
        form."""
        of_person: Mapping[str, Any] = {
            "person": wording.party_name(person.party, person.register) if person else None,
            "mark": form_mark(person.word if person else word),
            "section": values.get("section", ""),
            "exercise": None,
            "mute": wording.HUB_IS_MUTE if person and is_hub_mute(person.register) else None,
        }
        made = self._showing.environment.get_template(template)
        return html.page(made.render(**{**of_person, **values}), status)


def to(path: str) -> Response:
    """Sends the browser to another page of ours."""
    return RedirectResponse(path, HTTPStatus.SEE_OTHER, html.SECURITY_HEADERS)
