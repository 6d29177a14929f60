"""The commands `kernhub outlet`: systems over any channel."""

from pathlib import Path
from typing import Annotated

import typer

from consumers.local.running import completed
from consumers.program.dutch_help import DutchTyper
from consumers.program.finishing import finish, own_settings

outlet_app = DutchTyper(help="Systemen waar de hub naartoe stuurt, over elke weg.")
_Party = Annotated[str, typer.Argument(help="partij in het register, zoals gm0935 of enexis")]
_Channel = Annotated[str, typer.Argument(help="weg, zoals matrix")]
_Name = Annotated[str, typer.Argument(help="naam van het systeem, zoals u het noemt")]


@outlet_app.command("list")
def list_outlets(
    party: Annotated[str | None, typer.Option("--party", help="alleen van deze partij")] = None,
) -> None:
    """Welke systemen zijn er, en hoe gaat het ermee?"""
    from consumers.commands import outlets

    finish(outlets.list_outlets(completed(own_settings()), party))


@outlet_app.command("set")
def set_outlet(
    party: _Party,
    channel: _Channel,
    name: _Name,
    values: Annotated[
        list[str],
        typer.Argument(help="zoals url=https://matrix.gemeente.nl room=!x:gemeente.nl"),
    ],
) -> None:
    """Stel een systeem in, of verander het en zet het weer aan.

    Een waarde als 'token=@bestand' komt uit een bestand: zo blijft een geheim van het scherm."""
    from consumers.commands import outlets

    finish(outlets.set_outlet(completed(own_settings()), party, channel, name, dict(map(_value, values))))


@outlet_app.command("stop")
def stop_outlet(party: _Party, channel: _Channel, name: _Name) -> None:
    """Stuur niets meer; wat komt, wacht tot 'set' het weer aanzet."""
    from consumers.commands import outlets

    finish(outlets.stop_outlet(completed(own_settings()), party, channel, name))


@outlet_app.command("remove")
def remove_outlet(party: _Party, channel: _Channel, name: _Name) -> None:
    """Verwijder een systeem, met wat nog wachtte."""
    from consumers.commands import outlets

    finish(outlets.remove_outlet(completed(own_settings()), party, channel, name))


def _value(written: str) -> tuple[str, str]:
    name, is_there, value = written.partition("=")
    if not is_there:
        raise typer.BadParameter(f"schrijf naam=waarde, niet '{written}'")
    if not value.startswith("@"):
        return name, value
    try:
        return name, Path(value[1:]).read_text(encoding="utf-8").strip()
    except OSError:
        raise typer.BadParameter(f"'{value[1:]}' is niet te lezen") from None
