"""The commands `kernhub party`."""

from typing import Annotated

import typer

from consumers.local.running import completed
from consumers.program.dutch_help import DutchTyper
from consumers.program.finishing import finish, own_settings
from consumers.program.usage import one_of
from hub.rules.scopes import SAYING, Scope, in_order

party_app = DutchTyper(help="Toegang van partijen.")
kafka_app = DutchTyper(help="Partijen die zelf op Kafka publiceren en er lezen.")
party_app.add_typer(kafka_app, name="kafka")

_Party = Annotated[str, typer.Argument(help="partij in het register, zoals gm0935 of enexis")]


@kafka_app.command("open")
def open_kafka(
    party: _Party,
    scope: Annotated[
        list[Scope] | None,
        typer.Option(
            "--scope", help=f"mag dit, en niets anders: {', '.join(in_order(SAYING))}", parser=one_of(Scope)
        ),
    ] = None,
) -> None:
    """Geef een partij een gebruiker op Kafka. Het wachtwoord is één keer te zien.

    Nog eens: een tweede gebruiker naast de eerste, om zonder onderbreking te wisselen. --scope geldt
    voor de partij, dus ook voor de eerste."""
    from consumers.commands import kafka_accounts

    finish(kafka_accounts.open_kafka(completed(own_settings()), party, scope or ()))


@kafka_app.command("list")
def list_kafka() -> None:
    """Welke partijen publiceren op Kafka, met welke gebruikers, en wat mogen zij?"""
    from consumers.commands import kafka_accounts

    finish(kafka_accounts.list_kafka(completed(own_settings())))


@kafka_app.command("close")
def close_kafka(
    party: _Party,
    user: Annotated[str | None, typer.Argument(help="gebruiker uit 'party kafka list'")] = None,
    every: Annotated[bool, typer.Option("--all", help="alle gebruikers van deze partij")] = False,
) -> None:
    """Sluit een gebruiker af, of alle van een partij. Dat geldt meteen.

    Na de laatste neemt de hub ook niet meer aan wat er nog wacht op het topic."""
    from consumers.commands import kafka_accounts

    if (user is None) is not every:
        raise typer.BadParameter("noem een gebruiker, of gebruik --all")
    finish(kafka_accounts.close_kafka(completed(own_settings()), party, user))
