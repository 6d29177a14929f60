"""The program `kernhub`: every command, and how it is called.

A command imports what it does when it is called, so that `--help` and short commands start at once."""

import asyncio
import sys
from pathlib import Path
from typing import Annotated

import typer

from consumers.collecting import collect_rarely
from consumers.interrupt import set_on_signal
from consumers.local.running import completed
from consumers.program.asker import requests_app
from consumers.program.dutch_help import DutchTyper
from consumers.program.files import files_app
from consumers.program.finishing import finish, own_settings
from consumers.program.keys import client_app, token_app
from consumers.program.ledger import ledger_app
from consumers.program.ledger_aside import set_aside
from consumers.program.letters import letter_app
from consumers.program.mail_in import mail_in_app
from consumers.program.operator import operator_app
from consumers.program.outlets import outlet_app
from consumers.program.party import party_app
from consumers.program.preferences import preferences_app
from consumers.program.register import register_app
from consumers.program.replay import replay_app
from consumers.program.topics import topic_app
from consumers.program.usage import DRY_RUN, FUNCTION, AFunction, one_of, wrong_call
from consumers.program.webhooks import deliveries_app, webhook_app
from consumers.say import console, tell, warn
from consumers.worker_name import WorkerName
from hub import logs
from hub.errors import HubError
from hub.settings import Settings
from schemas.terms import FunctionSlug

_FILES = "JSON (een gebeurtenis), JSON Lines, of een map daarmee"
_SETTINGS_HELP = "\n\n".join(
    f"KERNHUB_{name.upper()}: {field.description}"
    for name, field in Settings.model_fields.items()
    if field.description
)

app = DutchTyper(
    name="kernhub",
    help="Uitwisseling tussen kernteams vitale en kwetsbare functies.",
    epilog=f"Instellingen komen uit de omgeving:\n\n{_SETTINGS_HELP}",
    add_completion=False,
    pretty_exceptions_enable=False,
)
ledger_app.command("set-aside")(set_aside)
app.add_typer(ledger_app, name="ledger")
app.add_typer(replay_app, name="replay")
app.add_typer(register_app, name="register")
app.add_typer(operator_app, name="operator")
policy_app = DutchTyper(help="Wat een beheerder heeft ingesteld.")
operator_app.add_typer(policy_app, name="policy")
app.add_typer(requests_app, name="requests")
app.add_typer(token_app, name="token")
app.add_typer(client_app, name="client")
app.add_typer(party_app, name="party")
app.add_typer(files_app, name="files")
app.add_typer(preferences_app, name="preferences")
app.add_typer(webhook_app, name="webhook")
app.add_typer(topic_app, name="topic")
app.add_typer(letter_app, name="dead-letter")
app.add_typer(mail_in_app, name="mail-in")
app.add_typer(outlet_app, name="outlet")
app.add_typer(deliveries_app, name="deliveries")
_WORKERS = ", ".join(WorkerName)


def main() -> None:
    """Runs a command; an error that the hub knows becomes a sentence and exit code 1."""
    try:
        sys.exit(app(standalone_mode=False))
    except typer.TyperException as error:
        warn(f"Fout: {wrong_call(error)}")
        sys.exit(error.exit_code)
    except HubError as error:
        warn(f"Fout: {error}")
        sys.exit(1)


@app.command()
def up() -> None:
    """Start een hele hub op deze computer. Wat niet is ingesteld (Kafka, PostgreSQL, mail) start mee."""
    from consumers.up import run_hub

    finish(run_hub(own_settings(), tell), after="Gestopt. De gegevens zijn bewaard.")


@app.command()
def run(
    worker: Annotated[WorkerName, typer.Argument(help=f"werker: {_WORKERS}", parser=one_of(WorkerName))],
) -> None:
    """Draai één werker; er mogen er meer naast elkaar draaien. Stopt netjes bij Ctrl-C of SIGTERM."""
    settings = completed(own_settings()).for_workers()
    logs.set_up(settings.log_level, worker)
    asyncio.run(_run(worker, settings))


@app.command()
def play(
    scenario: Annotated[Path, typer.Argument(help="map met gebeurtenissen")] = Path("scenarios/limburg"),
    once: Annotated[bool, typer.Option("--once", help="stop na het verslag")] = False,
    fresh: Annotated[bool, typer.Option("--fresh", help="gooi de vorige oefening eerst weg")] = False,
) -> None:
    """Speel een oefening door een hele hub en vertel wat ervan kwam.

    Afgebroken? Opnieuw starten gaat verder waar het was. Eindigt met code 1 als er iets verloren ging."""
    from consumers.play.exercise import exercise, forget, settings_of_exercise

    settings = settings_of_exercise(own_settings())
    if fresh:
        forget(settings.var)
    finish(exercise(settings, scenario, console, once=once), after="Gestopt. Opnieuw starten gaat verder.")


@app.command()
def publish(
    paths: Annotated[list[Path], typer.Argument(help=_FILES)],
    token: Annotated[str, typer.Option(envvar="KERNHUB_TOKEN", help="API-sleutel van uw partij")],
    url: Annotated[str | None, typer.Option(help="adres van de hub; anders die van deze computer")] = None,
) -> None:
    """Publiceer gebeurtenissen uit bestanden. Hetzelfde bestand nog eens sturen heeft geen tweede gevolg."""
    from consumers.commands.publish import publish as publish_files

    address = url or completed(own_settings()).public_url
    finish(publish_files(paths, token, address), after="Afgebroken. Stuur alles nog eens: niets telt dubbel.")


@app.command()
def check(
    paths: Annotated[list[Path], typer.Argument(help=_FILES)],
) -> None:
    """Controleer gebeurtenissen in bestanden, zonder hub. Noemt alles wat niet klopt, per regel."""
    from consumers.commands.check import check as check_files

    sys.exit(check_files(paths))


@app.command()
def explain(
    event: Annotated[
        str | None, typer.Argument(help="kenmerk of id van een gebeurtenis, of een bestand met een nieuwe")
    ] = None,
    party: Annotated[str | None, typer.Option(help="alleen deze partij, ook als zij niets krijgt")] = None,
    nobody: Annotated[bool, typer.Option("--nobody", help="welke gebeurtenissen bereikten niemand?")] = False,
) -> None:
    """Wie kreeg een gebeurtenis, of zou haar krijgen, en waarom? En waarom een ander niet?"""
    from consumers.commands import explain as explaining

    if (event is None) is not nobody:
        raise typer.BadParameter("noem een gebeurtenis, of gebruik --nobody")
    settings = completed(own_settings())
    finish(explaining.tell_unheard(settings) if event is None else explaining.explain(settings, event, party))


@app.command()
def questions(
    function: Annotated[
        FunctionSlug | None,
        typer.Argument(help=f"alleen van deze {FUNCTION}", parser=one_of(FunctionSlug)),
    ] = None,
) -> None:
    """Welke standaardvragen zijn er voor beheerders?"""
    from consumers.commands.questions import tell_questions

    tell_questions(function)


@app.command()
def alike(
    text: Annotated[str, typer.Argument(help="uw vraag")],
    function: Annotated[list[FunctionSlug], typer.Option(help=FUNCTION, parser=one_of(FunctionSlug))],
    token: Annotated[str, typer.Option(envvar="KERNHUB_TOKEN", help="API-sleutel van uw partij")],
    area: Annotated[list[str] | None, typer.Option(help="gebied, zoals GM0363 of PV31")] = None,
    url: Annotated[str | None, typer.Option(help="adres van de hub; anders die van deze computer")] = None,
) -> None:
    """Welke vragen lijken op de uwe, en hoe sluit u aan? Er wordt niets gevraagd."""
    from consumers.commands.alike import tell_alike

    finish(tell_alike(text, function, area or [], token, url or completed(own_settings()).public_url))


@app.command()
def prepare() -> None:
    """Maak tabellen, register en topics waar ze ontbreken. Werkers doen dit zelf ook."""
    from consumers.commands import administer

    finish(administer.prepare(completed(own_settings())))


@policy_app.command("show")
def show_policy(operator: Annotated[str, typer.Argument(help="beheerder, zoals enexis")]) -> None:
    """Laat zien wat er geldt, en wat er is ingesteld voor later."""
    from consumers.commands import operator as of_operator

    finish(of_operator.show_policy(completed(own_settings()), operator))


@policy_app.command("set")
def set_policy(
    operator: Annotated[str, typer.Argument(help="beheerder, zoals enexis")],
    values: Annotated[list[str], typer.Argument(help="zoals bundles=1 hour=14 quiet=2027-07-01/2027-08-01")],
    dry_run: Annotated[bool, DRY_RUN] = False,
) -> None:
    """Verander wat een beheerder heeft ingesteld, en laat zien wat dat doet met wie wacht.

    'show' noemt alles wat kan. Het geldt vanaf de eerste bundel die nog komt; quiet= heft alle rust op."""
    from consumers.commands import operator as of_operator

    finish(of_operator.set_policy(completed(own_settings()), operator, values, dry_run=dry_run))


@operator_app.command("load")
def operator_load(function: AFunction) -> None:
    """Hoe druk hebben de beheerders van een functie het met vragen?"""
    from consumers.commands.load import tell_load

    finish(tell_load(completed(own_settings()), function))


async def _run(worker: WorkerName, settings: Settings) -> None:
    collect_rarely()
    from consumers import workers

    stop = asyncio.Event()
    await set_on_signal(stop)
    await workers.run(worker, settings, stop)


if __name__ == "__main__":
    main()
