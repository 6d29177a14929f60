"""A person who sends files counts for the same limits as the programs of its party."""

from fastapi import Request

from connectors.api.gate import visit_of
from connectors.api.refused import ApiRefused
from connectors.web.people import TooBusy


class PagesTurn:
    """The turn of one request for a page."""

    def __init__(self, request: Request):
        self._visit = visit_of(request)

    async def of(self, party: str) -> None:
        """Waits for the turn of the party. Raises TooBusy."""
        try:
            await self._visit.of(party)
        except ApiRefused as refused:
            raise TooBusy(f"{refused.title}. {refused.detail}") from None

    def brought(self, events: int) -> None:
        """The request brings so many events."""
        self._visit.brought(events)

    def read(self, size: int) -> None:
        """So many bytes were read."""
        self._visit.read(size)
