"""The commands `kernhub files`."""

from pathlib import Path
from typing import Annotated

import typer

from consumers.local.running import completed
from consumers.program.dutch_help import DutchTyper
from consumers.program.finishing import finish, own_settings
from consumers.program.usage import DRY_RUN

files_app = DutchTyper(help="Bestanden om in te vullen, voor wie geen eigen systeem heeft.")
_Token = Annotated[str, typer.Option(envvar="KERNHUB_TOKEN", help="API-sleutel van uw partij")]
_Url = Annotated[str | None, typer.Option(help="adres van de hub; anders die van deze computer")]


@files_app.command("template")
def template(
    kind: Annotated[str, typer.Argument(metavar="SOORT", help="soort gebeurtenis, zoals bottleneck-found")],
    path: Annotated[Path | None, typer.Argument(help="waar het komt: .xlsx of .csv")] = None,
) -> None:
    """Maak een sjabloon om in te vullen, met uitleg, keuzelijsten en een voorbeeld."""
    from consumers.commands.files import write_template

    raise typer.Exit(write_template(kind, path))


@files_app.command("send")
def send(
    path: Annotated[Path, typer.Argument(help="een ingevuld bestand")],
    token: _Token,
    url: _Url = None,
    dry_run: Annotated[bool, DRY_RUN] = False,
    errors: Annotated[Path | None, typer.Option(help="schrijf wat er mis is ook hierin, als CSV")] = None,
) -> None:
    """Stuur een ingevuld bestand: alles gaat naar binnen, of niets. Noemt alles wat niet klopt, per cel.

    Hetzelfde bestand nog eens sturen heeft geen tweede gevolg."""
    from consumers.commands.files import send_file

    address = url or completed(own_settings()).public_url
    finish(send_file(path, token, address, dry_run=dry_run, errors=errors))


@files_app.command("watch")
def watch(
    folder: Annotated[Path, typer.Argument(help="map waar mensen hun bestanden in zetten")],
    token: _Token,
    url: _Url = None,
    once: Annotated[bool, typer.Option("--once", help="stuur wat er nu staat, en stop")] = False,
) -> None:
    """Stuur elk bestand dat in een map wordt gezet.

    Daarna staat het in 'verwerkt', of in 'geweigerd' met een lijst van wat er mis is ernaast."""
    from consumers.commands.files import watch as watch_folder

    address = url or completed(own_settings()).public_url
    finish(
        watch_folder(folder, token, address, once=once),
        after="Gestopt. Wat er nog staat, gaat een volgende keer.",
    )
