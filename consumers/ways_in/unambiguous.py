"""Requests that two readers can't take for two different things."""

import h11

_ONCE = frozenset((b"authorization", b"content-type", b"content-encoding"))
"""Of two of these, a proxy may look at one and the hub at the other."""

_MOST_HEAD = 64 * 1024


class UnambiguousConnection(h11.Connection):
    """The server's side of a connection. A request that tells its length in two ways hides another one behind
    it from a proxy that goes by the other (request smuggling)."""

    def __init__(self) -> None:
        super().__init__(h11.SERVER, _MOST_HEAD)

    def next_event(self) -> h11.Event | type[h11.NEED_DATA] | type[h11.PAUSED]:
        """As of h11. Raises RemoteProtocolError for an ambiguous request too."""
        event = super().next_event()
        if isinstance(event, h11.Request):
            names = [name for name, _ in event.headers]
            if b"transfer-encoding" in names and b"content-length" in names:
                raise h11.RemoteProtocolError("a length in two ways")
            if any(name in _ONCE and names.count(name) > 1 for name in names):
                raise h11.RemoteProtocolError("a header twice")
        return event
