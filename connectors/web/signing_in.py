"""The pages where people sign in by a link in their team's mailbox. Looking at the link changes
nothing: programs that check mail open every link."""

from http import HTTPStatus

from fastapi import Request, Response
from starlette.routing import Route

from connectors.web.people import FILES, SIGN_IN, People, to
from hub.identity.signing_in import AskedTooOften, LinkRefused
from hub.rules.signing_in import LinkFails
from hub.store.access.sessions import new_word

_MOST_BYTES = 4096
_MOST_MAILBOX = 254
_WHY = {
    LinkFails.USED: "Deze link is al gebruikt. Vraag een nieuwe.",
    LinkFails.EXPIRED: "Deze link is te oud. Vraag een nieuwe.",
    LinkFails.OTHER_BROWSER: "Deze link werkt alleen in de browser waarin hij is gevraagd. Open hem daar, of "
    "vraag hier een nieuwe.",
    None: "Deze link werkt niet (meer). Vraag een nieuwe.",
}
_NO_COOKIE = (
    "Uw browser bewaarde geen cookie van deze site, en zonder kunt u niet inloggen. Probeer het nog eens."
)
_NO_MAILBOX = "Vul het hele adres van de postbus in, zoals team@organisatie.nl."
_TOO_OFTEN = (
    "Er is het afgelopen uur te vaak een link gevraagd. Kijk of er al een mail is, of probeer het over een "
    "uur."
)


class _SignIn:
    def __init__(self, people: People):
        self._people = people

    async def show(self, request: Request) -> Response:
        return to(FILES) if await self._people.person_of(request) else self._form(request)

    async def ask(self, request: Request) -> Response:
        browser = self._people.browser.read(request.cookies)
        if browser is None:
            if await self._people.person_of(request):
                return to(FILES)
            return self._form(request, HTTPStatus.UNPROCESSABLE_ENTITY, _NO_COOKIE)
        form = await self._people.form(request, browser, _MOST_BYTES)
        mailbox = form.fields.get("mailbox", "").strip()
        if not 3 <= len(mailbox) <= _MOST_MAILBOX or "@" not in mailbox[1:-1]:
            return self._form(request, HTTPStatus.UNPROCESSABLE_ENTITY, _NO_MAILBOX, mailbox)
        client = request.client.host if request.client else None
        try:
            await self._people.signing_in.ask(mailbox, client, browser)
        except AskedTooOften:
            return self._form(request, HTTPStatus.TOO_MANY_REQUESTS, _TOO_OFTEN, mailbox)
        return self._people.page("sign_in_asked.html", mailbox=mailbox)

    async def look(self, request: Request) -> Response:
        browser, link = self._people.browser.read(request.cookies), request.path_params["link"]
        try:
            name = await self._people.signing_in.whose(link, browser)
        except LinkRefused as refused:
            return await self._in_already_or(request, refused.why)
        return self._people.page("sign_in_link.html", word=browser or "", link=link, party_name=name)

    async def follow(self, request: Request) -> Response:
        browser, link = self._people.browser.read(request.cookies), request.path_params["link"]
        if browser is None:
            return await self._in_already_or(request, LinkFails.OTHER_BROWSER)
        await self._people.form(request, browser, _MOST_BYTES)
        try:
            word = await self._people.signing_in.follow(
                link, browser, self._people.session.read(request.cookies)
            )
        except LinkRefused as refused:
            return await self._in_already_or(request, refused.why)
        response = to(FILES)
        self._people.session.put(response, word)
        self._people.browser.drop(response)
        return response

    async def _in_already_or(self, request: Request, why: LinkFails | None) -> Response:
        """That the link does not count, and why. Who pressed its button twice is in by now."""
        if await self._people.person_of(request):
            return to(FILES)
        return self._form(request, HTTPStatus.GONE, _WHY[why])

    def _form(
        self,
        request: Request,
        status: HTTPStatus = HTTPStatus.OK,
        notice: str | None = None,
        mailbox: str = "",
    ) -> Response:
        """Where one asks a link; its browser is known by a cookie from now on."""
        browser = self._people.browser.read(request.cookies) or new_word()
        response = self._people.page("sign_in.html", status, word=browser, notice=notice, mailbox=mailbox)
        self._people.browser.put(response, browser)
        return response


def sign_in_routes(people: People) -> list[Route]:
    """Where one asks a link, and follows it."""
    pages = _SignIn(people)
    return [
        Route(SIGN_IN, people.open(pages.show), methods=["GET"]),
        Route(SIGN_IN, people.open(pages.ask), methods=["POST"]),
        Route(f"{SIGN_IN}/{{link}}", people.open(pages.look), methods=["GET"]),
        Route(f"{SIGN_IN}/{{link}}", people.open(pages.follow), methods=["POST"]),
    ]
