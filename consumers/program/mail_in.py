"""The commands `kernhub mail-in`."""

from pathlib import Path
from typing import Annotated
from uuid import UUID

import typer

from consumers.local.running import completed
from consumers.program.dutch_help import DutchTyper
from consumers.program.finishing import finish, own_settings

mail_in_app = DutchTyper(help="Mail die bij de hub binnenkomt: antwoorden op vragen.")
_All = Annotated[bool, typer.Option("--all", help="ook mail waarover niemand hoeft te beslissen")]
_Answers = Annotated[
    list[str] | None, typer.Argument(help="antwoorden, zoals '24-3=Acht uur.'; geen: er is geen antwoord")
]
_Party = Annotated[str | None, typer.Option(help="wie antwoordt; anders de partij die 'list' noemt")]
_Key = Annotated[UUID, typer.Argument(help="kenmerk van de mail, zoals 'list' het noemt")]


@mail_in_app.command("list")
def list_mails(everything: _All = False) -> None:
    """Over welke mail moet iemand beslissen, en waarom?"""
    from consumers.commands import mail_in

    finish(mail_in.list_mails(completed(own_settings()), everything=everything))


@mail_in_app.command("show")
def show(key: _Key) -> None:
    """Laat zien wat er in een mail staat. Het grootboek zegt dat u keek."""
    from consumers.commands import mail_in

    finish(mail_in.show(completed(own_settings()), key))


@mail_in_app.command("decide")
def decide(key: _Key, answers: _Answers = None, party: _Party = None) -> None:
    """Beslis wat een mail antwoordt. Het grootboek zegt dat u dat deed."""
    from consumers.commands import mail_in

    finish(mail_in.decide(completed(own_settings()), key, answers or [], party))


@mail_in_app.command("forget")
def forget(key: _Key) -> None:
    """Verwijder wat er in een mail staat, omdat iemand daar recht op heeft (AVG)."""
    from consumers.commands import mail_in

    finish(mail_in.forget(completed(own_settings()), key))


@mail_in_app.command("reply")
def reply(
    mail: Annotated[Path, typer.Argument(help="een mail van deze hub, zoals in var/hub/mail/new")],
    text: Annotated[str, typer.Argument(help="uw antwoord, zoals '24-1: Acht uur.'")],
) -> None:
    """Beantwoord een mail van een hub op deze computer, zoals een mailprogramma dat doet."""
    from consumers.commands import mail_reply

    finish(mail_reply.reply(completed(own_settings()), mail, text))
