"""The place in a list that a question names."""

from http import HTTPStatus

from connectors.api.refused import ApiRefused
from hub.outlets import cursors
from hub.store.deliveries.stream import BEGIN, Place
from schemas.problems import Problem


class Cursors(cursors.Cursors):
    """Writes places as cursors, and reads those of a question."""

    async def read(self, cursor: str | None) -> Place:
        """The place of a cursor; without one, the begin. Raises ApiRefused."""
        if cursor is None:
            return BEGIN
        try:
            return await self.place(cursor)
        except cursors.CursorUnknown:
            raise ApiRefused(
                HTTPStatus.BAD_REQUEST,
                "request",
                "Deze vraag klopt niet",
                "Verbeter wat hieronder staat.",
                problems=[
                    Problem("after", "cursor", "is geen 'next' die deze hub gaf; zonder begint u vooraan")
                ],
            ) from None
