"""Wrong secrets of programs, counted in this process."""

import time
from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from typing import Any

from hub.errors import HubError
from hub.rules.limits import Bucket, full, taken
from hub.rules.tries import MOST_AT_PLACE, MOST_HERE, MOST_OF_CLIENT, Wrong, seconds_to_wait

_MOST_REMEMBERED = 10_000
"""What is oldest is forgotten, so that no flood of names fills the memory."""
_LONGEST_NAME = 100
"""No more is remembered of a name: no client has a longer one."""


class ClientUnknown(HubError):
    """The client does not exist, has ended, or did not show that it is itself."""

    def __init__(self) -> None:
        super().__init__("Wij kennen dit programma niet, of het geheim klopt niet.")


class TooManyTries(HubError):
    """So much was wrong that the next try must wait, for so many seconds."""

    try_again = True

    def __init__(self, wait: int):
        super().__init__(f"Er ging te vaak iets mis. Probeer het over {wait} seconde(n) opnieuw.")
        self.wait = wait


class Tries:
    """Who tried to show that it is a client, and where; a place is what `place_of` gives."""

    def __init__(self) -> None:
        self._wrong: dict[Hashable, Bucket] = {}
        self._known: dict[Hashable, None] = {}

    @contextmanager
    def trying(self, client_id: str, place: str) -> Iterator[Callable[[], None]]:
        """One try, which ends with ClientUnknown when it is wrong; gives what looks again whether it may,
        after a wait. Raises TooManyTries."""
        client_id = client_id[:_LONGEST_NAME]

        def must_not_wait() -> None:
            here, at_place, of_client = (self._wrong.get(key) for key, _ in _counted(client_id, place))
            wrong = Wrong(here, at_place, of_client, (client_id, place) in self._known)
            if wait := seconds_to_wait(wrong, time.monotonic()):
                raise TooManyTries(wait)

        must_not_wait()
        try:
            yield must_not_wait
        except ClientUnknown:
            now = time.monotonic()
            for key, most in _counted(client_id, place):
                _put(self._wrong, key, taken(self._wrong.get(key) or full(most, now), 1, now))
            raise
        _put(self._known, (client_id, place), None)


def _counted(client_id: str, place: str) -> Iterator[tuple[Hashable, int]]:
    yield ("here", client_id, place), MOST_HERE
    yield ("place", place), MOST_AT_PLACE
    yield ("client", client_id), MOST_OF_CLIENT


def _put(remembered: dict[Hashable, Any], key: Hashable, value: Any) -> None:
    """The newest comes last."""
    remembered.pop(key, None)
    remembered[key] = value
    if len(remembered) > _MOST_REMEMBERED:
        del remembered[next(iter(remembered))]
