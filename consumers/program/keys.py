"""The commands `kernhub token` and `kernhub client`."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from consumers.local.running import completed
from consumers.program.dutch_help import DutchTyper
from consumers.program.finishing import finish, own_settings
from consumers.program.usage import one_of
from hub.rules.scopes import Scope

token_app = DutchTyper(
    help="API-sleutels voor partijen. 'kernhub token gm0935' is kort voor 'kernhub token make gm0935'.",
    otherwise="make",
)
client_app = DutchTyper(help="Programma's die met OAuth een toegangsbewijs halen.")

_Party = Annotated[str, typer.Argument(help="partij in het register, zoals gm0935 of enexis")]
_MaybeParty = Annotated[str | None, typer.Argument(help="alleen van deze partij")]
_Scopes = Annotated[
    list[Scope] | None,
    typer.Option("--scope", help=f"mag dit, en niets anders: {', '.join(Scope)}", parser=one_of(Scope)),
]
_Days = Annotated[int, typer.Option("--valid", min=1, max=3650, help="geldig zoveel dagen")]
_Name = Annotated[str, typer.Option("--name", help="waar het voor is, voor in de lijst")]
_Client = Annotated[str, typer.Argument(help="programma, zoals 'client make' het noemde")]


@token_app.command("make")
def make_token(
    party: _Party,
    scope: _Scopes = None,
    valid: _Days = 365,
    name: _Name = "",
    revoke: Annotated[
        bool, typer.Option("--revoke", help="trek eerdere sleutels van deze partij in")
    ] = False,
) -> None:
    """Maak een API-sleutel voor een partij. Hij is één keer te zien.

    Een sleutel van 'kernhub', de hub zelf, is van de beheerder: daarmee gaat het register uit en
    in over HTTP. Publiceren kan er niet mee."""
    from consumers.commands import keys

    settings = completed(own_settings())
    finish(keys.make_token(settings, party, scopes=scope or (), days=valid, name=name, revoke=revoke))


@token_app.command("list")
def list_tokens(party: _MaybeParty = None) -> None:
    """Welke sleutels zijn er, wat mogen zij, en wanneer zijn zij gebruikt?"""
    from consumers.commands import keys

    finish(keys.list_tokens(completed(own_settings()), party))


@token_app.command("revoke")
def revoke_token(
    party: _Party,
    number: Annotated[int | None, typer.Argument(help="nummer uit 'token list'")] = None,
    every: Annotated[bool, typer.Option("--all", help="alle sleutels van deze partij")] = False,
) -> None:
    """Trek een sleutel in, of alle van een partij. Dat geldt meteen."""
    from consumers.commands import keys

    if (number is None) is not every:
        raise typer.BadParameter("noem een nummer, of gebruik --all")
    finish(keys.revoke_token(completed(own_settings()), party, number))


@client_app.command("make")
def make_client(
    party: _Party,
    scope: _Scopes = None,
    valid: _Days = 365,
    name: _Name = "",
    key: Annotated[
        Path | None,
        typer.Option("--key", help="bestand met de openbare sleutel (JWK) waarmee het zich bekendmaakt"),
    ] = None,
) -> None:
    """Maak een programma van een partij, met een geheim dat één keer te zien is."""
    from consumers.commands import keys

    settings = completed(own_settings())
    finish(keys.make_client(settings, party, scopes=scope or (), days=valid, name=name, public_keys=key))


@client_app.command("list")
def list_clients(party: _MaybeParty = None) -> None:
    """Welke programma's zijn er, en wat mogen zij?"""
    from consumers.commands import keys

    finish(keys.list_clients(completed(own_settings()), party))


@client_app.command("secret")
def make_secret(client: _Client) -> None:
    """Maak een tweede geheim, om zonder onderbreking te wisselen. Het eerste blijft gelden."""
    from consumers.commands import keys

    finish(keys.make_secret(completed(own_settings()), client))


@client_app.command("revoke")
def revoke_client(
    client: _Client,
    secret: Annotated[int | None, typer.Option("--secret", help="alleen dit geheim, zie 'list'")] = None,
) -> None:
    """Trek een programma in, met alle toegangsbewijzen die het nog heeft; of één geheim."""
    from consumers.commands import keys

    finish(keys.revoke_client(completed(own_settings()), client, secret))


@client_app.command("keys")
def make_signing_keys(
    path: Annotated[Path, typer.Argument(help="bestand voor KERNHUB_SIGNING_KEYS")],
) -> None:
    """Maak of vervang de sleutel waarmee de hub toegangsbewijzen ondertekent. De vorige blijft nog gelden."""
    from consumers.commands import keys

    sys.exit(keys.make_signing_keys(path))
