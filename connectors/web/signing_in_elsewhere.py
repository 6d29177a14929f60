"""The pages where people sign in at the issuer that the installation trusts, and come back."""

from datetime import UTC, datetime
from http import HTTPStatus

from fastapi import Request, Response
from starlette.routing import Route

from connectors.web.people import FILES, SIGN_IN, People, to
from hub.identity.foreign_issuer import IssuerUnavailable
from hub.identity.oidc_sign_in import OidcSignIn
from hub.identity.signing import TokenRefused
from hub.identity.signing_in import LinkRefused

BACK = f"{SIGN_IN}/terug"
_THERE = f"{SIGN_IN}/elders"
_FAILED = "Het inloggen is niet gelukt. Probeer het opnieuw."
_AWAY = "De site waar u inlogt, geeft nu geen antwoord. Probeer het over een minuut opnieuw."
_NO_PARTY = "U bent ingelogd, maar niet voor een partij die meedoet. Vraag het de beheerder van Kernhub."


class _Elsewhere:
    def __init__(self, people: People, oidc: OidcSignIn):
        self._people = people
        self._oidc = oidc

    async def show(self, request: Request) -> Response:
        return to(FILES) if await self._people.person_of(request) else self._page()

    async def go(self, _: Request) -> Response:
        try:
            begun = await self._oidc.begin(datetime.now(UTC))
        except IssuerUnavailable:
            return self._page(_AWAY, HTTPStatus.SERVICE_UNAVAILABLE)
        response = to(begun.url)
        self._people.browser.put(response, begun.kept)
        return response

    async def come_back(self, request: Request) -> Response:
        kept = self._people.browser.read(request.cookies) or ""
        try:
            number = await self._oidc.finish(kept, request.query_params, datetime.now(UTC))
            word = await self._people.signing_in.by_number(number, self._people.session.read(request.cookies))
        except IssuerUnavailable:
            return self._page(_AWAY, HTTPStatus.SERVICE_UNAVAILABLE)
        except TokenRefused:
            return self._page(_FAILED, HTTPStatus.FORBIDDEN)
        except LinkRefused:
            return self._page(_NO_PARTY, HTTPStatus.FORBIDDEN)
        response = to(FILES)
        self._people.session.put(response, word)
        self._people.browser.drop(response)
        return response

    def _page(self, notice: str | None = None, status: HTTPStatus = HTTPStatus.OK) -> Response:
        return self._people.page("sign_in_elsewhere.html", status, there=_THERE, notice=notice)


def elsewhere_routes(people: People, oidc: OidcSignIn) -> list[Route]:
    """Where one leaves for the issuer, and comes back."""
    pages = _Elsewhere(people, oidc)
    return [
        Route(SIGN_IN, people.open(pages.show), methods=["GET"]),
        Route(_THERE, people.open(pages.go), methods=["GET"]),
        Route(BACK, people.open(pages.come_back), methods=["GET"]),
    ]
