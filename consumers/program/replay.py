"""The commands `kernhub replay`."""

from datetime import date, datetime
from pathlib import Path
from typing import Annotated

import typer

from consumers.local.running import completed
from consumers.program.dutch_help import DutchTyper
from consumers.program.finishing import finish, own_settings
from consumers.program.usage import a_day, a_moment
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


_Since = Annotated[
    datetime | None, typer.Option("--since", parser=a_moment, help="vanaf dit moment, zoals 2027-06-01T10:00")
]
_Until = Annotated[datetime | None, typer.Option("--until", parser=a_moment, help="tot dit moment")]
_Again = Annotated[bool, typer.Option("--again", help="ook wat al is ontvangen")]
_Send = Annotated[
    bool, typer.Option("--send", help="doe het echt; zonder laat het alleen zien wat er zou gaan")
]


def _reason(send: bool, why: str | None) -> str | None:
    if send and not why:
        raise typer.BadParameter("zeg met --why waarom; dat komt in het grootboek")
    return why if send else None


@replay_app.command("catch-up")
def catch_up(
    party: Annotated[str, typer.Argument(help="partij in het register, zoals gm0935")],
    way: Annotated[
        str, typer.Option("--to", help="mail, of een systeem van de partij: webhook:NAAM of topic:kafka")
    ] = "mail",
    since: _Since = None,
    cursor: Annotated[
        str | None, typer.Option("--after", help="na deze cursor ('next') van de partij")
    ] = None,
    again: _Again = False,
    send: _Send = False,
    why: _Why = None,
) -> None:
    """Stuur een partij na wat zij miste, op volgorde en gemerkt als nagezonden: wat zij nu mag hebben.

    Per mail gaat wat zij langs geen enkele weg kreeg; naar een systeem wat dat systeem niet kreeg."""
    from consumers.commands import catch_up as catching_up

    asked = catching_up.Asked(party, since, cursor, None, again, _reason(send, why))
    finish(
        catching_up.catch_up(completed(own_settings()), asked, way),
        after="Afgebroken. Start opnieuw om verder te gaan: niets gaat dubbel.",
    )


@replay_app.command("topic")
def topic(
    name: Annotated[str, typer.Argument(help="naam van het topic, na 'kernhub.replay.'")],
    party: Annotated[str, typer.Option("--for", help="met de rechten van deze partij, zoals zij nu zijn")],
    since: _Since = None,
    until: _Until = None,
    again: _Again = False,
    send: _Send = False,
    why: _Why = None,
) -> None:
    """Zet wat een partij ontving op een eigen topic op Kafka, voor een oefening of onderzoek.

    Wie dat topic mag lezen, regelt u in Kafka. De hub leest het zelf nergens."""
    from consumers.commands import catch_up as catching_up

    asked = catching_up.Asked(party, since, None, until, again, _reason(send, why))
    finish(
        catching_up.to_topic(completed(own_settings()), asked, name),
        after="Afgebroken. Start opnieuw om verder te gaan: niets gaat dubbel.",
    )


@replay_app.command("rebuild")
def rebuild(why: _Why = None) -> None:
    """Bouw uit het grootboek en de gebeurtenissen opnieuw op wat daarvan is afgeleid, en vergelijk.

    Gebeurt naast de tabellen die er zijn: er verandert niets. Zet de werkers stil, behalve 'ledger'."""
    from consumers.commands import rebuild as rebuilding

    finish(rebuilding.rebuild(completed(own_settings()), why))
