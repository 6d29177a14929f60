"""The commands of who asks: `kernhub requests`."""

from typing import Annotated

import typer

from consumers.local.running import completed
from consumers.program.dutch_help import DutchTyper
from consumers.program.finishing import finish, own_settings

_Token = Annotated[str, typer.Option(envvar="KERNHUB_TOKEN", help="API-sleutel van uw partij")]
_Url = Annotated[str | None, typer.Option(help="adres van de hub; anders die van deze computer")]

requests_app = DutchTyper(help="Uw verzoeken aan beheerders.")


@requests_app.command("list")
def list_requests(
    token: _Token,
    url: _Url = None,
) -> None:
    """Waar staan uw verzoeken, en waarom?"""
    from consumers.commands import requests

    finish(requests.tell_requests(token, url or completed(own_settings()).public_url))


@requests_app.command("withdraw")
def withdraw_request(
    request: Annotated[str, typer.Argument(help="id van uw verzoek")],
    token: _Token,
    reason: Annotated[str | None, typer.Option(help="waarom het niet meer nodig is")] = None,
    url: _Url = None,
) -> None:
    """Trek een verzoek in, bij alle beheerders. Wie hetzelfde vraagt, wacht gewoon door."""
    from consumers.commands import requests

    address = url or completed(own_settings()).public_url
    finish(requests.withdraw(token, address, request, reason))
