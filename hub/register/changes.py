"""What changed between two histories of the register?"""

from collections.abc import Iterable, Sequence
from dataclasses import fields
from enum import StrEnum
from typing import NamedTuple

from hub.register.history import Entry, History, Kind


class ChangeKind(StrEnum):
    """`ended`: only its end was set or moved; `removed`: as if it had never been there."""

    ADDED = "added"
    CHANGED = "changed"
    ENDED = "ended"
    REMOVED = "removed"


class Change(NamedTuple):
    """One entry that is new, other than it was, or gone. At least one of `before` and `after` is there."""

    before: Entry | None
    after: Entry | None

    @property
    def entry(self) -> Entry:
        """The entry as it is now, or else as it was."""
        found = self.after or self.before
        assert found is not None  # noqa: S101 - a change has a side
        return found

    @property
    def kind(self) -> ChangeKind:
        if self.before is None:
            return ChangeKind.ADDED
        if self.after is None:
            return ChangeKind.REMOVED
        differ = set(self.changed_fields)
        ends = "until" in differ and differ <= {"until", "successors"}
        return ChangeKind.ENDED if ends else ChangeKind.CHANGED

    @property
    def changed_fields(self) -> tuple[str, ...]:
        """The facts that differ, with `since` and `until` among them; none when one side is missing."""
        before, after = self.before, self.after
        if before is None or after is None:
            return ()
        names = [field.name for field in fields(before.facts)]
        differ = [name for name in names if getattr(before.facts, name) != getattr(after.facts, name)]
        differ += [name for name in ("since", "until") if getattr(before, name) != getattr(after, name)]
        return tuple(differ)


def changes(old: History, new: History) -> list[Change]:
    """Every change from `old` to `new`, in the order of the register."""
    was, now = set(map(id, old.entries)), set(map(id, new.entries))
    before = _by_key(entry for entry in old.entries if id(entry) not in now)
    after = _by_key(entry for entry in new.entries if id(entry) not in was)
    keys = dict.fromkeys((*after, *before))
    return [change for key in keys for change in _paired(before.get(key, ()), after.get(key, ()))]


def _paired(before: Sequence[Entry], after: Sequence[Entry]) -> list[Change]:
    """Entries of one key that begin on the same day are the same entry; else the first that is left over."""
    gone = [entry for entry in before if entry not in after]
    made = [entry for entry in after if entry not in before]
    paired = []
    for entry in made:
        twin = next((one for one in gone if one.since == entry.since), None)
        paired.append(Change(twin, entry))
        if twin:
            gone.remove(twin)
    for position, change in enumerate(paired):
        if change.before is None and gone:
            paired[position] = Change(gone.pop(0), change.after)
    return paired + [Change(entry, None) for entry in gone]


def _by_key(entries: Iterable[Entry]) -> dict[tuple[Kind, str], list[Entry]]:
    found: dict[tuple[Kind, str], list[Entry]] = {}
    for entry in entries:
        found.setdefault((entry.kind, entry.key), []).append(entry)
    return found
