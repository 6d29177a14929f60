"""Ports for what a test starts itself."""

import os
from itertools import count

from consumers.local.ports import is_taken

# Below what the system gives to who asks for any port, and apart for each process of a run: nobody takes one
# between the choice and the use.
_OWN = count(10_000 + os.getpid() % 400 * 50)


def free_port() -> int:
    """A port on 127.0.0.1 where nobody listens, and that is given out once."""
    return next(port for port in _OWN if not is_taken(port))
