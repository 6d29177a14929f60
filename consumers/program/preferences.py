"""The command `kernhub preferences`."""

from typing import Annotated

import typer

from consumers.local.running import completed
from consumers.program.dutch_help import DutchTyper
from consumers.program.finishing import finish, own_settings

preferences_app = DutchTyper(help="Welke mail een partij krijgt, hoe en wanneer.")
_Party = Annotated[str, typer.Argument(help="partij in het register, zoals gm0935 of enexis")]


@preferences_app.command("show")
def show_preferences(party: _Party) -> None:
    """Laat zien wat een partij van haar mail wil."""
    from consumers.commands import preferences

    finish(preferences.show_preferences(completed(own_settings()), party))


@preferences_app.command("set")
def set_preferences(
    party: _Party,
    values: Annotated[
        list[str], typer.Argument(help="zoals days=ma,do hour=7 stop=progress-reported areas=GM0935")
    ],
) -> None:
    """Verander wat een partij van haar mail wil. 'show' noemt alles wat kan; niets na de '=' maakt leeg.

    Het geldt voor mail die nog gemaakt wordt."""
    from consumers.commands import preferences

    finish(preferences.set_preferences(completed(own_settings()), party, values))
