"""The first register: national facts, from the sheets in `data/`.

The facts were compared for 2024 and 2026, so that is when the register begins. Mailboxes are in the reserved
domain `.example`, and every OIN has the test prefix 00000099: the parties enter their real ones.
"""

from importlib import resources

from hub.register.history import History, Kind
from hub.register.sheets import SHEET_NAMES, read_sheet


def seed_history(version: int = 1) -> History:
    """The register through time, as the reference facts give it."""
    folder = resources.files("hub.register") / "data"
    kinds = (kind for kind in Kind if kind is not Kind.SUBSCRIPTION)
    sheets = (read_sheet(kind, (folder / f"{SHEET_NAMES[kind]}.csv").read_bytes()) for kind in kinds)
    return History.of(version, (row.entry for rows in sheets for row in rows))
