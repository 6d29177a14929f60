"""The command `kernhub ledger set-aside`."""

from typing import Annotated

import typer

from consumers.local.running import completed
from consumers.program.finishing import finish, own_settings


def set_aside(
    batch: Annotated[int, typer.Argument(min=1, help="de groep die de werker 'ledger' of 'verify' noemde")],
    why: Annotated[
        str | None, typer.Option("--why", help="waarom; dit komt in het grootboek: noem geen personen")
    ] = None,
    keep_apart: Annotated[
        bool, typer.Option("--keep-apart", help="doe het echt; zonder laat het alleen zien wat er mis is")
    ] = False,
) -> None:
    """Zet een groep records apart die de hub niet schreef, zodat het grootboek verder gaat.

    Zij krijgt nooit een nummer, en blijft bewaard voor wie het onderzoekt. Alleen voor de eigenaar van de
    tabellen (KERNHUB_DATABASE_OWNER_URL)."""
    from consumers.commands import set_aside as setting

    if keep_apart and not (why or "").strip():
        raise typer.BadParameter("zeg met --why waarom")
    finish(setting.look_or_set_aside(completed(own_settings()), batch, why, keep_apart=keep_apart))
