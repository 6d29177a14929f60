"""What changed in the register, as people read it."""

from hub.register.changes import Change, ChangeKind
from hub.register.sheets import SHEET_NAMES, column_of

_SIGN = {ChangeKind.ADDED: "+", ChangeKind.CHANGED: "~", ChangeKind.ENDED: "|", ChangeKind.REMOVED: "-"}
_WORD = {
    ChangeKind.ADDED: "nieuw",
    ChangeKind.CHANGED: "anders",
    ChangeKind.ENDED: "beëindigd",
    ChangeKind.REMOVED: "weg, alsof het er nooit was",
}


def line_of(change: Change) -> str:
    """A change in one line."""
    entry = change.entry
    until = f" tot {entry.until.isoformat()}" if entry.until else ""
    fields = ", ".join(column_of(entry.kind, field) for field in change.changed_fields)
    what = f"{_WORD[change.kind]} ({fields})" if fields else _WORD[change.kind]
    where = SHEET_NAMES[entry.kind]
    return f"{_SIGN[change.kind]} {where} {entry.key}, vanaf {entry.since.isoformat()}{until}: {what}"
