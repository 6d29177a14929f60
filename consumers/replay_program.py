"""The commands `kernhub replay`."""

from datetime import date
from pathlib import Path
from typing import Annotated

import typer

from consumers.dutch_help import DutchTyper
from consumers.finishing import finish, own_settings
from consumers.local.running import completed
from consumers.usage import a_day
from hub.rules.ledger.selecting import Selection
from hub.rules.moments import midnight

replay_app = DutchTyper(help="Het verleden nog eens: op papier, of echt nagezonden.")

_From = Annotated[date | None, typer.Option("--from", parser=a_day, help="vanaf deze dag")]
_To = Annotated[date | None, typer.Option("--to", parser=a_day, help="tot en met deze dag")]
_Why = Annotated[
    str | None, typer.Option("--why", help="waarom; staat in het grootboek, dus zonder namen van personen")
]


def _period(since: date | None, until: date | None) -> Selection:
    return Selection(midnight(since), midnight(until, days=1))


@replay_app.command("check")
def check(since: _From = None, until: _To = None, why: _Why = None) -> None:
    """Bezorg een periode opnieuw, alleen op papier, met het register en de regels van toen.

    Vergelijkt dat met wat er toen is besloten. Eindigt met code 1 als er iets verschilt."""
    from consumers.commands import replay_check

    finish(replay_check.check(completed(own_settings()), _period(since, until), why))


@replay_app.command("what-if")
def what_if(
    register: Annotated[
        Path | None,
        typer.Option(
            "--register", help="ander register: map of zip met bladen zoals 'register export' maakt"
        ),
    ] = None,
    rules: Annotated[
        Path | None,
        typer.Option("--rules", help="andere regels: CSV met soort;relatie;hoe (direct, overzicht of niet)"),
    ] = None,
    since: _From = None,
    until: _To = None,
    why: _Why = None,
    as_json: Annotated[bool, typer.Option("--json", help="als JSON Lines in plaats van een tabel")] = False,
) -> None:
    """Wie had een periode anders ontvangen, met andere regels of een ander register? Alleen op papier."""
    from consumers.commands import what_if as supposing

    if register is None and rules is None:
        raise typer.BadParameter("geef met --register of --rules wat anders zou zijn")
    supposed = supposing.Supposed(register, rules)
    period = _period(since, until)
    finish(supposing.what_if(completed(own_settings()), period, supposed, why, as_json=as_json))
