"""The commands `kernhub ledger`."""

from pathlib import Path
from typing import Annotated

import typer

from consumers.dutch_help import DutchTyper
from consumers.finishing import finish, own_settings
from consumers.local.running import completed

ledger_app = DutchTyper(help="Het grootboek: wat is uitgewisseld, en het bewijs daarvan.")

_Held = Annotated[
    Path, typer.Argument(help="opgeslagen mail van de hub, boomkop, ontvangstbewijs of uittreksel")
]


@ledger_app.command("verify")
def verify_ledger(
    since: Annotated[
        Path | None, typer.Option("--since", help="alleen wat kwam na de boomkop in dit bestand")
    ] = None,
) -> None:
    """Reken het grootboek na. Noemt alles wat niet klopt; eindigt dan met code 1."""
    from consumers.commands import ledger

    finish(ledger.verify(completed(own_settings()), since))


@ledger_app.command("witness")
def witness(file: _Held) -> None:
    """Vergelijk wat u bewaarde met het grootboek van nu. Eindigt met code 1 als het verleden veranderd is."""
    from consumers.commands import ledger

    finish(ledger.witness(completed(own_settings()), file))


@ledger_app.command("key")
def new_key(
    file: Annotated[Path, typer.Argument(help="bestand voor de nieuwe sleutel")],
    name: Annotated[str, typer.Option("--name", help="naam van het grootboek, zoals kernhub.nl/ledger")],
) -> None:
    """Maak een sleutel waarmee de hub het grootboek ondertekent."""
    from consumers.commands import ledger

    raise SystemExit(ledger.new_key(file, name))


@ledger_app.command("rotate")
def rotate(
    file: Annotated[Path, typer.Argument(help="bestand met de nieuwe sleutel, van 'kernhub ledger key'")],
) -> None:
    """Ga verder met een nieuwe sleutel. Het grootboek legt dat vast, met de oude en de nieuwe ondertekend."""
    from consumers.commands import ledger

    finish(ledger.rotate(completed(own_settings()), file))
