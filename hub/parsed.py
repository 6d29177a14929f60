"""Events as they were parsed last: many parties get the same."""

from typing import Any, Protocol
from uuid import UUID

from schemas.catalogue import Event, parse

_MOST = 2000


class HasContent(Protocol):
    """A row with an event's key and content."""

    @property
    def event_key(self) -> UUID: ...

    @property
    def content(self) -> Any: ...


class Parsed:
    """Those of some events, not more than can be kept in memory."""

    def __init__(self) -> None:
        self._known: dict[UUID, tuple[Any, Event]] = {}

    def event(self, row: HasContent) -> Event:
        """The event of a row. A content that was erased since is not what was parsed. Raises Refused."""
        content, event = self._known.get(row.event_key, (None, None))
        if event is None or (content is not row.content and content != row.content):
            if len(self._known) >= _MOST:
                self._known.clear()
            event = parse(row.content)
            self._known[row.event_key] = row.content, event
        return event
