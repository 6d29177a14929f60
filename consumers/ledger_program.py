"""The commands `kernhub ledger`."""

from datetime import date
from pathlib import Path
from typing import Annotated

import typer

from consumers.dutch_help import DutchTyper
from consumers.finishing import finish, own_settings
from consumers.local.running import completed
from consumers.usage import FUNCTION, a_day, one_of
from hub.rules.moments import midnight
from schemas.terms import FunctionSlug

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


@ledger_app.command("export")
def export(
    file: Annotated[Path, typer.Argument(help="het bestand dat gemaakt wordt (JSON Lines)")],
    since: Annotated[date | None, typer.Option("--from", parser=a_day, help="vanaf deze dag")] = None,
    until: Annotated[date | None, typer.Option("--to", parser=a_day, help="tot en met deze dag")] = None,
    function: Annotated[
        FunctionSlug | None, typer.Option("--function", help=FUNCTION, parser=one_of(FunctionSlug))
    ] = None,
    party: Annotated[
        str | None, typer.Option("--party", help="waarin deze partij voorkomt, zoals gm0935")
    ] = None,
) -> None:
    """Maak een uittreksel met bewijs, voor een onderzoeker die niemand hoeft te geloven.

    Wie uw uittreksel leest, ziet ook wie er verder iets kreeg: deel het alleen met wie dat mag weten."""
    from consumers.commands import ledger_files
    from hub.rules.ledger.selecting import Selection

    chosen = Selection(midnight(since), midnight(until, days=1), function, party)
    finish(ledger_files.export(completed(own_settings()), file, chosen))


@ledger_app.command("check")
def check(
    file: Annotated[Path, typer.Argument(help="een uittreksel, van 'kernhub ledger export'")],
    key: Annotated[
        str | None, typer.Option("--key", help="de sleutel waarmee het grootboek begon, als u die kent")
    ] = None,
) -> None:
    """Reken een uittreksel na, zonder hub. Noemt alles wat niet klopt; eindigt dan met code 1."""
    from consumers.commands import ledger_files

    raise SystemExit(ledger_files.check(file, key))


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
