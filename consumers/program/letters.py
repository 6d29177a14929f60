"""The commands `kernhub dead-letter`."""

from typing import Annotated

import typer

from consumers.local.running import completed
from consumers.program.dutch_help import DutchTyper
from consumers.program.finishing import finish, own_settings

letter_app = DutchTyper(help="Wat de hub niet kon verwerken.")


@letter_app.command("list")
def list_letters() -> None:
    """Wat kon de hub niet verwerken, en waarom?"""
    from consumers.commands import letters

    finish(letters.list_letters(completed(own_settings())))


@letter_app.command("send-again")
def send_again(
    keys: Annotated[list[str], typer.Argument(help="kenmerken, zoals 'list' ze noemt")],
) -> None:
    """Stuur berichten opnieuw, nadat is hersteld wat er mis was. Het grootboek zegt dat u dat deed."""
    from consumers.commands import letters

    finish(letters.send_again(completed(own_settings()), keys))
