"""The commands `kernhub ledger`."""

from consumers.dutch_help import DutchTyper
from consumers.finishing import finish, own_settings
from consumers.local.running import completed

ledger_app = DutchTyper(help="Het grootboek: wat is uitgewisseld.")


@ledger_app.command("verify")
def verify_ledger() -> None:
    """Reken het hele grootboek na. Eindigt met code 1 als er iets niet klopt."""
    from consumers.commands import administer

    finish(administer.verify_ledger(completed(own_settings())))
