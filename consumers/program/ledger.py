"""The commands `kernhub ledger`."""

from datetime import date, datetime
from pathlib import Path
from typing import Annotated

import typer

from consumers.local.running import completed
from consumers.program.dutch_help import DutchTyper
from consumers.program.finishing import finish, own_settings
from consumers.program.usage import FUNCTION, a_day, a_moment, one_of
from hub.rules.moments import midnight
from schemas.terms import FunctionSlug

ledger_app = DutchTyper(help="Het grootboek: wat is uitgewisseld, en het bewijs daarvan.")

_Held = Annotated[
    Path, typer.Argument(help="opgeslagen mail van de hub, boomkop, ontvangstbewijs of uittreksel")
]

_Unsigned = Annotated[
    int,
    typer.Option(
        "--unsigned", min=0, help="zoveel records kregen hun nummer voor er handtekeningen waren; anders geen"
    ),
]


@ledger_app.command("verify")
def verify_ledger(
    since: Annotated[
        Path | None, typer.Option("--since", help="alleen wat kwam na de boomkop in dit bestand")
    ] = None,
    key: Annotated[
        str | None,
        typer.Option(
            "--key", help="publieke sleutel die u kent, of een bestand daarmee; anders de ingestelde"
        ),
    ] = None,
    unsigned: _Unsigned = 0,
) -> None:
    """Reken het grootboek na. Noemt alles wat niet klopt; eindigt dan met code 1."""
    from consumers.commands import ledger

    finish(ledger.verify(completed(own_settings()), since, key, unsigned))


@ledger_app.command("begin")
def begin(unsigned: _Unsigned = 0) -> None:
    """Onderteken een grootboek dat nog geen handtekening heeft. Een nieuwe hub doet dat zelf.

    Alleen voor een grootboek van voor er handtekeningen waren, of waar de werker 'ledger' nog nooit draaide:
    u zegt daarmee dat alles wat er staat, klopt."""
    from consumers.commands import ledger

    finish(ledger.begin(completed(own_settings()), unsigned))


@ledger_app.command("put-back")
def put_back(
    size: Annotated[
        int, typer.Option("--size", min=0, help="zoveel records heeft het grootboek dat u terugzette")
    ],
) -> None:
    """Ga verder op een ouder grootboek, dat u met opzet uit een reservekopie terugzette.

    Zonder dit stopt de werker 'ledger': hij weet wat hij het laatst ondertekende. Het grootboek legt dit
    vast."""
    from consumers.commands import ledger

    finish(ledger.put_back(completed(own_settings()), size))


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


_Remove = Annotated[
    bool, typer.Option("--remove", help="doe het echt; zonder laat het alleen zien wat er zou verdwijnen")
]


_FEWEST = 3
"""Letters to look for: fewer stand nearly everywhere."""


@ledger_app.command("erase")
def erase(
    events: Annotated[
        list[str] | None, typer.Argument(help="kenmerk of id van een gebeurtenis, of meer")
    ] = None,
    containing: Annotated[
        str | None,
        typer.Option("--containing", help="ook alles waar deze woorden in staan, zoals een naam"),
    ] = None,
    why: Annotated[
        str | None, typer.Option("--why", help="waarom; de hub bewaart dit buiten het grootboek")
    ] = None,
    remove: _Remove = False,
) -> None:
    """Verwijder wat in gebeurtenissen is geschreven, als iemand daar recht op heeft (AVG).

    Het grootboek klopt daarna nog: het houdt het bewijs, en zegt dat de inhoud is verwijderd."""
    from consumers.commands import erase as erasing

    if not events and containing is None:
        raise typer.BadParameter("noem een gebeurtenis, of gebruik --containing")
    if containing is not None and len(containing.strip()) < _FEWEST:
        raise typer.BadParameter(f"noem bij --containing ten minste {_FEWEST} tekens, zoals een naam")
    if remove and not (why or "").strip():
        raise typer.BadParameter("zeg met --why waarom")
    finish(
        erasing.erase(completed(own_settings()), events or [], containing, why, remove=remove),
        after=erasing.BROKEN_OFF,
    )


@ledger_app.command("retain")
def retain(
    remove: _Remove = False,
    archive: Annotated[
        Path | None,
        typer.Option(
            "--archive",
            help="map voor het grootboek van wat weggaat, per maand een bestand dat 'check' narekent",
        ),
    ] = None,
) -> None:
    """Verwijder wat langer is bewaard dan mag, volgens KERNHUB_RETENTION_FILE; wat nog nodig is, blijft.

    Het bewijs blijft in het grootboek, ook in uittreksels. Afgebroken? Opnieuw starten gaat verder."""
    from consumers.commands import retain as retaining

    finish(
        retaining.retain(completed(own_settings()), remove=remove, archive=archive),
        after=retaining.BROKEN_OFF,
    )


_Event = Annotated[str, typer.Argument(help="kenmerk of id van een gebeurtenis")]
_From = Annotated[date | None, typer.Option("--from", parser=a_day, help="vanaf deze dag")]
_To = Annotated[date | None, typer.Option("--to", parser=a_day, help="tot en met deze dag")]


_After = Annotated[
    str | None, typer.Option("--after", help="verder na deze plaats, die de vorige bladzijde noemde")
]


@ledger_app.command("life")
def life(event: _Event, after: _After = None) -> None:
    """Vertel alles wat er met een gebeurtenis is gedaan, record voor record; honderd op een bladzijde."""
    from consumers.commands import audit

    finish(audit.life(completed(own_settings()), event, after))


@ledger_app.command("received")
def received(
    party: Annotated[str, typer.Argument(help="de partij, zoals gm0935")],
    function: Annotated[
        FunctionSlug | None, typer.Option("--function", help=FUNCTION, parser=one_of(FunctionSlug))
    ] = None,
    since: _From = None,
    until: _To = None,
    after: _After = None,
) -> None:
    """Vertel alles wat een partij kreeg, wanneer en hoe: per mail, door een systeem, in een feed, ..."""
    from consumers.commands import audit
    from hub.store.views.audit import Period

    period = Period(midnight(since), midnight(until, days=1))
    finish(audit.received(completed(own_settings()), party, function, period, after))


_At = Annotated[
    datetime | None,
    typer.Option("--at", parser=a_moment, help="op welk moment, zoals 2027-06-01T10:00; anders nu"),
]


@ledger_app.command("who-knew")
def who_knew(event: _Event, at: _At = None, after: _After = None) -> None:
    """Vertel wie op een moment van een knelpunt (of andere gebeurtenis) wist, en sinds wanneer."""
    from consumers.commands import audit

    finish(audit.who_knew(completed(own_settings()), event, at, after))


@ledger_app.command("who-may")
def who_may(event: _Event, at: _At = None, after: _After = None) -> None:
    """Vertel welke partijen een gebeurtenis op een moment mogen zien, en wie haar kregen."""
    from consumers.commands import audit

    finish(audit.who_may(completed(own_settings()), event, at, after))


@ledger_app.command("asked")
def asked(
    operator: Annotated[str, typer.Argument(help="de beheerder, zoals enexis")],
    since: _From = None,
    until: _To = None,
    after: _After = None,
) -> None:
    """Vertel alles wat een beheerder is gevraagd: door wie, wanneer, en wanneer het beantwoord is."""
    from consumers.commands import audit
    from hub.store.views.audit import Period

    period = Period(midnight(since), midnight(until, days=1))
    finish(audit.asked(completed(own_settings()), operator, period, after))


@ledger_app.command("extract")
def extract(
    party: Annotated[str, typer.Argument(help="de partij, zoals gm0935")],
    file: Annotated[Path, typer.Argument(help="het bestand dat gemaakt wordt (JSON Lines)")],
    since: _From = None,
    until: _To = None,
) -> None:
    """Maak voor een partij het bewijs van haar eigen uitwisseling, en alleen dat: zij mag alles lezen."""
    from consumers.commands import ledger_files
    from hub.rules.ledger.selecting import Selection

    chosen = Selection(midnight(since), midnight(until, days=1), None, party, is_own=True)
    finish(ledger_files.export(completed(own_settings()), file, chosen))
