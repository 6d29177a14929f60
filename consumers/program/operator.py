"""What operators and coordinators say of requests: `kernhub operator decline` and the like."""

from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING, Annotated

import typer

from consumers.local.running import completed
from consumers.program.dutch_help import DutchTyper
from consumers.program.finishing import finish, own_settings
from consumers.program.usage import a_day, one_of
from schemas.terms import FunctionSlug, Tlp

if TYPE_CHECKING:
    from consumers.commands.steer import Sender

operator_app = DutchTyper(
    help="Beheerders: hoe vaak en wanneer zij vragen krijgen, en wat zij met een vraag doen."
)

_Source = Annotated[str, typer.Argument(help="source van het verzoek, zoals die in de bundel staat")]
_Id = Annotated[str, typer.Argument(help="id van het verzoek, zoals die in de bundel staat")]
_Reason = Annotated[str, typer.Option("--reason", help="waarom; de vragers lezen dit")]
_Asked = Annotated[str, typer.Argument(help="de beheerder aan wie het is gevraagd, zoals enexis")]
_One = Annotated[tuple[str, str], typer.Option("--one", help="source en id van de ene vraag")]
_Other = Annotated[tuple[str, str], typer.Option("--other", help="source en id van de andere vraag")]
_Why = Annotated[str | None, typer.Option("--reason", help="waarom")]
_As = Annotated[
    str,
    typer.Option(
        "--as", envvar="KERNHUB_SOURCE", help="source van uw eigen systeem, zoals urn:nld:oin:...:systeem:..."
    ),
]
_Token = Annotated[str, typer.Option("--token", envvar="KERNHUB_TOKEN", help="API-sleutel van uw partij")]
_Functions = Annotated[
    list[FunctionSlug],
    typer.Option(
        "--function",
        help=f"functie van de vraag, mag vaker: {', '.join(FunctionSlug)}",
        parser=one_of(FunctionSlug),
    ),
]
_Areas = Annotated[
    list[str] | None, typer.Option("--area", help="gebied, zoals GM0935; mag vaker; anders heel Nederland")
]
_Label = Annotated[Tlp, typer.Option("--tlp", help="label: wie dit mag weten", parser=one_of(Tlp))]
_Recipients = Annotated[
    list[str] | None, typer.Option("--recipient", help="bij een gesloten label: wie het mag weten")
]
_Url = Annotated[str | None, typer.Option("--url", help="adres van de hub; anders die van deze computer")]


@operator_app.command("decline")
def decline(
    source: _Source,
    request: _Id,
    reason: _Reason,
    function: _Functions,
    own: _As,
    token: _Token,
    until: Annotated[
        date | None, typer.Option("--until", parser=a_day, help="tot en met welke dag dit geldt")
    ] = None,
    area: _Areas = None,
    tlp: _Label = Tlp.GREEN,
    recipient: _Recipients = None,
    url: _Url = None,
) -> None:
    """Beantwoord een vraag niet. Alle vragers krijgen uw reden, ook wie het later vraagt."""
    from consumers.commands.steer import Reference, say

    sender = _sender(token, url, own, function, area, tlp, recipient)
    data = {
        "request": Reference(source, request),
        "reason": reason,
        "valid_until": str(until) if until else None,
    }
    finish(
        say(sender, "request.declined", data, f"U beantwoordt '{request}' niet. De vragers krijgen uw reden.")
    )


@operator_app.command("postpone")
def postpone(
    source: _Source,
    request: _Id,
    reason: _Reason,
    until: Annotated[date, typer.Option("--until", parser=a_day, help="vanaf welke dag, zoals 2027-09-01")],
    function: _Functions,
    own: _As,
    token: _Token,
    area: _Areas = None,
    tlp: _Label = Tlp.GREEN,
    recipient: _Recipients = None,
    url: _Url = None,
) -> None:
    """Stel een vraag uit: zij komt terug in uw eerste bundel op of na die dag."""
    from consumers.commands.steer import Reference, say

    sender = _sender(token, url, own, function, area, tlp, recipient)
    data = {"request": Reference(source, request), "reason": reason, "until": str(until)}
    finish(
        say(
            sender,
            "request.postponed",
            data,
            f"'{request}' komt terug op of na {until}, als u haar al kreeg.",
        )
    )


@operator_app.command("refer")
def refer(
    source: _Source,
    request: _Id,
    to: Annotated[str, typer.Option("--to", help="de beheerder die het wel weet, zoals wml")],
    reason: _Reason,
    function: _Functions,
    own: _As,
    token: _Token,
    area: _Areas = None,
    tlp: _Label = Tlp.GREEN,
    recipient: _Recipients = None,
    url: _Url = None,
) -> None:
    """Verwijs een vraag door: de hub vraagt het de andere beheerder, in diens tempo."""
    from consumers.commands.steer import Reference, say

    sender = _sender(token, url, own, function, area, tlp, recipient)
    data = {"request": Reference(source, request), "reason": reason, "to": to}
    finish(say(sender, "request.referred", data, f"'{request}' gaat naar {to}."))


@operator_app.command("merge")
def merge(
    asked: _Asked,
    one: _One,
    other: _Other,
    function: _Functions,
    own: _As,
    token: _Token,
    reason: _Why = None,
    area: _Areas = None,
    tlp: _Label = Tlp.GREEN,
    recipient: _Recipients = None,
    url: _Url = None,
) -> None:
    """Neem twee vragen samen: zij zijn voortaan één vraag. 'split' maakt dat ongedaan.

    Dit zegt de beheerder zelf, of wie alle functies van de vragen coördineert."""
    from consumers.commands.steer import Reference, say

    sender = _sender(token, url, own, function, area, tlp, recipient)
    data = {"asked": asked, "one": Reference(*one), "other": Reference(*other), "reason": reason}
    finish(say(sender, "questions.merged", data, f"'{one[1]}' en '{other[1]}' zijn één vraag."))


@operator_app.command("split")
def split(
    asked: _Asked,
    one: _One,
    other: _Other,
    function: _Functions,
    own: _As,
    token: _Token,
    reason: _Why = None,
    area: _Areas = None,
    tlp: _Label = Tlp.GREEN,
    recipient: _Recipients = None,
    url: _Url = None,
) -> None:
    """Haal twee vragen uit elkaar. De hub neemt ze niet meer samen, tenzij iemand dat zegt.

    Wat al naar de beheerder ging, blijft samen."""
    from consumers.commands.steer import Reference, say

    sender = _sender(token, url, own, function, area, tlp, recipient)
    data = {"asked": asked, "one": Reference(*one), "other": Reference(*other), "reason": reason}
    finish(say(sender, "questions.separated", data, f"'{one[1]}' en '{other[1]}' zijn twee vragen."))


def _sender(
    token: str,
    url: str | None,
    own: str,
    functions: Sequence[FunctionSlug],
    areas: Sequence[str] | None,
    tlp: Tlp,
    recipients: Sequence[str] | None,
) -> "Sender":
    from consumers.commands.steer import Sender

    address = url or completed(own_settings()).public_url
    named = [str(one) for one in functions]
    return Sender(token, address, own, named, [a.upper() for a in areas or ["NL"]], tlp, recipients or ())
