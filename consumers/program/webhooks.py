"""The commands `kernhub webhook` and `kernhub deliveries`."""

from datetime import datetime
from typing import Annotated, Literal

import typer

from consumers.local.running import completed
from consumers.program.dutch_help import DutchTyper
from consumers.program.finishing import finish, own_settings

webhook_app = DutchTyper(help="Webhooks: adressen van partijen waar de hub naartoe stuurt.")
deliveries_app = DutchTyper(help="Hoe ver bezorgingen zijn, en wat niet lukte.")
_Party = Annotated[str, typer.Argument(help="partij in het register, zoals gm0935 of enexis")]
_Name = Annotated[str, typer.Argument(help="naam van de webhook")]
_OfParty = Annotated[str | None, typer.Option("--party", help="alleen van deze partij")]


@webhook_app.command("list")
def list_webhooks(party: _OfParty = None) -> None:
    """Welke webhooks zijn er, en hoe gaat het ermee?"""
    from consumers.commands import webhooks

    finish(webhooks.list_webhooks(completed(own_settings()), party))


@webhook_app.command("set")
def set_webhook(
    party: _Party,
    name: _Name,
    url: Annotated[str, typer.Argument(help="adres, zoals https://haken.gemeente.nl/kernhub")],
    binary: Annotated[bool, typer.Option("--binary", help="CloudEvents in 'binary mode'")] = False,
) -> None:
    """Maak een webhook, of verander hem en zet hem weer aan. Een nieuw geheim is één keer te zien."""
    from consumers.commands import webhooks

    mode: Literal["binary", "structured"] = "binary" if binary else "structured"
    finish(webhooks.set_webhook(completed(own_settings()), party, name, url, mode))


@webhook_app.command("stop")
def stop_webhook(party: _Party, name: _Name) -> None:
    """Stuur niets meer; wat komt, wacht tot 'set' hem weer aanzet."""
    from consumers.commands import outlets

    finish(outlets.stop_outlet(completed(own_settings()), party, "webhook", name))


@webhook_app.command("remove")
def remove_webhook(party: _Party, name: _Name) -> None:
    """Verwijder een webhook, met wat nog wachtte."""
    from consumers.commands import outlets

    finish(outlets.remove_outlet(completed(own_settings()), party, "webhook", name))


@webhook_app.command("secret")
def renew_secret(party: _Party, name: _Name) -> None:
    """Maak een nieuw geheim. Het vorige geldt nog een dag."""
    from consumers.commands import webhooks

    finish(webhooks.renew_secret(completed(own_settings()), party, name))


@webhook_app.command("resend")
def resend_webhook(
    party: _Party,
    name: _Name,
    since: Annotated[
        datetime | None,
        typer.Option("--since", help="alles sinds dit moment (UTC), ook wat is aangenomen"),
    ] = None,
) -> None:
    """Stuur opnieuw wat niet is aangenomen; een ontvanger kent elke bezorging aan haar kenmerk."""
    from consumers.commands import webhooks

    finish(webhooks.resend_webhook(completed(own_settings()), party, name, since))


@deliveries_app.command("show")
def show_deliveries(
    event: Annotated[str, typer.Argument(help="kenmerk of id van een gebeurtenis")], party: _OfParty = None
) -> None:
    """Hoe ver is elke bezorging van een gebeurtenis, over elke weg?"""
    from consumers.commands import states

    finish(states.show_states(completed(own_settings()), event, party))


@deliveries_app.command("list")
def list_deliveries(party: _OfParty = None) -> None:
    """Wat nam een systeem of mailserver niet aan, waarom niet, en wanneer gaat het opnieuw?"""
    from consumers.commands import webhooks

    finish(webhooks.list_unsent(completed(own_settings()), party))


@deliveries_app.command("resend")
def resend_deliveries(party: _OfParty = None) -> None:
    """Stuur alles wat niet is aangenomen meteen opnieuw, ook wat was opgegeven."""
    from consumers.commands import webhooks

    finish(webhooks.resend_unsent(completed(own_settings()), party))
