"""The report of a scenario, in a page that a manager reads in a minute."""

from collections.abc import Sequence

from rich.console import Console
from rich.table import Table

from connectors.web.words import PARTY_KINDS_PLURAL
from consumers.play.summary import Outcome


def print_report(console: Console, outcome: Outcome, publishers: int, lost: Sequence[str]) -> None:
    """Prints what came in, what went out, what operators were asked, and what was lost."""
    for title, rows in _chapters(outcome, publishers):
        console.print()
        table = Table(title=title, title_justify="left", title_style="bold", show_header=False, box=None)
        table.add_column(justify="right")
        table.add_column()
        for count, what in rows:
            table.add_row(_number(count), what)
        console.print(table)
    console.print()
    if lost:
        console.print("Er ging iets verloren of mis:", style="bold red")
        for line in lost:
            console.print(f"- {line}", markup=False)
    else:
        console.print("Er ging niets verloren en niets kwam dubbel aan.", style="bold green")
    root = outcome.ledger.root.hex()
    console.print(f"Grootboek: {_number(outcome.ledger.size)} regels, nagerekend; boomkop {root[:16]}…")


def _chapters(outcome: Outcome, publishers: int) -> list[tuple[str, list[tuple[int, str]]]]:
    numbers = outcome.numbers
    kinds = [
        (outcome.by_kind[kind], f"aan {name[0].lower() + name[1:]}")
        for kind, name in PARTY_KINDS_PLURAL.items()
        if outcome.by_kind.get(kind)
    ]
    return [
        (
            "Binnengekomen",
            [
                (numbers.events - numbers.own_events, f"gebeurtenissen van {publishers} afzenders"),
                (numbers.own_events, "signalen van de hub zelf"),
            ],
        ),
        (
            "Bezorgd: wie het moet weten, en niemand anders",
            [(numbers.deliveries, "bezorgingen, waarvan"), *sorted(kinds, reverse=True)],
        ),
        (
            "Gevraagd: beheerders niet overvragen",
            [
                (numbers.requests, f"verzoeken van {numbers.askers} partijen"),
                (numbers.contacts_unmerged, "keer zou een beheerder los gevraagd zijn"),
                (numbers.deposits, "antwoorden zette een beheerder vooraf klaar"),
                (numbers.answered_at_once, "keer was er al een antwoord"),
                (numbers.items, "vragen bleven over na samenvoegen en hergebruik"),
                (numbers.bundles, f"bundels gingen daarvan uit, naar {numbers.operators_bundled} beheerders"),
                (numbers.requests_waiting, "keer wacht een vraag nog op de volgende bundel"),
            ],
        ),
        (
            "Verstuurd",
            [
                (numbers.mails_sent, "berichten per e-mail, waarvan"),
                (numbers.digests_sent, "overzichten (digests)"),
                (numbers.bundles, "bundels"),
            ],
        ),
    ]


def _number(count: int) -> str:
    return f"{count:,}".replace(",", ".")
