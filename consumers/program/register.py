"""The commands `kernhub register`."""

from datetime import date
from pathlib import Path
from typing import Annotated

import typer

from consumers.local.running import completed
from consumers.program.dutch_help import DutchTyper
from consumers.program.finishing import finish, own_settings
from consumers.program.usage import DRY_RUN, AFunction, a_day

register_app = DutchTyper(help="Het register: wie is wat, waar, en wanneer.")


@register_app.command("export")
def export_register(
    folder: Annotated[Path, typer.Argument(help="map voor de bladen (CSV, voor Excel)")] = Path("register"),
) -> None:
    """Schrijf het hele register als bladen in een map."""
    from consumers.commands import sheets

    finish(sheets.export(completed(own_settings()), folder))


@register_app.command("import")
def import_register(
    paths: Annotated[list[Path], typer.Argument(help="bladen, zoals partijen.csv en rollen.csv")],
    replace: Annotated[
        bool, typer.Option("--replace", help="vervang ook wat veranderde sinds de bladen werden gemaakt")
    ] = False,
    dry_run: Annotated[bool, DRY_RUN] = False,
) -> None:
    """Vervang bladen van het register: alles gaat in één keer, of niets.

    Elk blad is het hele blad: een regel die er niet meer in staat, gaat weg, alsof hij er nooit was. Houdt
    iets op? Laat de regel staan en vul 'geldig_tot' in: de eerste dag waarop het niet meer geldt."""
    from consumers.commands import sheets

    finish(sheets.take_in(completed(own_settings()), paths, replace=replace, dry_run=dry_run))


@register_app.command("merge")
def merge_municipalities(
    gone: Annotated[list[str], typer.Argument(help="gemeenten die opgaan in een andere, zoals GM1696")],
    into: Annotated[list[str], typer.Option("--into", help="de gemeente waar zij in opgaan, zoals GM0402")],
    on: Annotated[date, typer.Option("--on", parser=a_day, help="de eerste dag daarna, zoals 2026-01-01")],
    dry_run: Annotated[bool, DRY_RUN] = False,
) -> None:
    """Herindeling: laat gemeenten opgaan in een andere, met hun rollen. Wat eerder gold, blijft bekend."""
    from consumers.commands import register

    gone, into = [code.upper() for code in gone], [code.upper() for code in into]
    finish(register.merge(completed(own_settings()), gone, into, on, dry_run=dry_run))


@register_app.command("who")
def who(
    function: AFunction,
    area: Annotated[str, typer.Argument(help="gebied, zoals GM0363 of PV31")],
    on: Annotated[
        date | None,
        typer.Option("--on", parser=a_day, help="dag, zoals 2025-07-01; anders vandaag"),
    ] = None,
) -> None:
    """Wie heeft welke rol voor een functie in een gebied?"""
    from consumers.commands import register

    question = register.Question(function, area.upper(), on)
    finish(register.tell_who(completed(own_settings()), question))
