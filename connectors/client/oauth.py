"""Access tokens by client credentials (OAuth 2.0), as `kernhub client make` gives them."""

import time

import httpx

from connectors.client.sending import HubUnavailable, SendingRefused

_EARLY_SECONDS = 30.0
_OF_THE_HUB = "/oauth/token"


class OAuth:
    """A program's id and secret. `token_url`: where the tokens come from, when that is not the hub."""

    def __init__(self, client_id: str, secret: str, token_url: str = _OF_THE_HUB):
        self._shown = (client_id, secret)
        self._token_url = token_url
        self._token = ""
        self._until = 0.0

    async def bearer(self, client: httpx.AsyncClient) -> str:
        """A token that still holds for a while. Raises HubUnavailable or SendingRefused."""
        if time.monotonic() < self._until:
            return self._token
        try:
            form = {"grant_type": "client_credentials"}
            answer = await client.post(self._token_url, data=form, auth=self._shown)
            said = answer.json()
            if answer.is_success:
                self._token, lasts = str(said["access_token"]), float(said.get("expires_in", 60))
                self._until = time.monotonic() + lasts - min(_EARLY_SECONDS, lasts / 2)
                return self._token
        except (httpx.HTTPError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise HubUnavailable(
                f"Wie toegangsbewijzen geeft, antwoordt niet goed ({type(error).__name__})."
            ) from error
        if answer.is_server_error or answer.status_code == httpx.codes.TOO_MANY_REQUESTS:
            asked = answer.headers.get("retry-after", "")
            raise HubUnavailable("Er is nu geen toegangsbewijs.", int(asked) if asked.isdecimal() else 1)
        detail = said.get("error_description") if isinstance(said, dict) else None
        raise SendingRefused(str(detail or f"Geen toegangsbewijs: status {answer.status_code}."))

    def forget(self) -> None:
        """The token that we have holds no more."""
        self._until = 0.0
