"""Where does a new request go: to an open item, to an earlier answer, or to an item of its own?"""

from enum import StrEnum


class Place(StrEnum):
    """What happens with the request; also the state it gets, but for `NEW`, which waits."""

    JOINED = "waiting"
    JOINED_SENT = "joined-sent"
    ANSWERED = "answered"
    NEW = "new"


def place(open_item: str | None, *, answer_serves: bool) -> Place:
    """`open_item` is the state of the open item with the same merge key, if any.

    An answer that still holds goes before all; an item that the operator has seen costs no new contact."""
    if answer_serves:
        return Place.ANSWERED
    if open_item == "waiting":
        return Place.JOINED
    if open_item == "sent":
        return Place.JOINED_SENT
    return Place.NEW
