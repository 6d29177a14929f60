"""Which TCP ports a local service gets: the usual one if it is free, else any free one."""

import socket
from collections.abc import Iterable
from contextlib import ExitStack

HOST = "127.0.0.1"


def is_taken(port: int) -> bool:
    """Whether someone listens on this port of 127.0.0.1 (or of all addresses)."""
    with _socket() as trial:
        return not _bind(trial, port)


def pick(preferred: Iterable[int]) -> tuple[int, ...]:
    """One free port for each preferred one, all different; 0 asks for any. Another program can still take a
    port before the service binds it: see `ready.start_on_free_ports`."""
    with ExitStack() as held:
        return tuple(_pick(held, port) for port in preferred)


def _pick(held: ExitStack, preferred: int) -> int:
    trial = held.enter_context(_socket())
    if not _bind(trial, preferred):
        _bind(trial, 0)
    port: int = trial.getsockname()[1]
    return port


def _socket() -> socket.socket:
    trial = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    # As the services do: a port that only has connections in TIME_WAIT is free.
    trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    return trial


def _bind(trial: socket.socket, port: int) -> bool:
    # Two sockets with SO_REUSEADDR may bind the same port until one listens; listening makes it exclusive.
    try:
        trial.bind((HOST, port))
        trial.listen(1)
    except OSError:
        return False
    return True
