"""Who may see the pages of the administrator: only whoever sits at this machine."""

from collections.abc import Mapping
from ipaddress import ip_address

_LOCAL_NAMES = ("localhost", "127.0.0.1", "[::1]")
_PASSED_ON = (
    "forwarded",
    "via",
    "x-forwarded-for",
    "x-forwarded-host",
    "x-real-ip",
    "true-client-ip",
    "cf-connecting-ip",
)
"""Headers of a request that another server passed on: its visitor may sit anywhere."""


def may_see(pages: str, client: str | None, headers: Mapping[str, str]) -> bool:
    """Whether this request comes from this machine and asks for it by its own name.

    A foreign name in Host means that some web site had its name point here (DNS rebinding)."""
    return (
        pages == "local"
        and _is_loopback(client)
        and _name(headers.get("host", "")) in _LOCAL_NAMES
        and not any(name in headers for name in _PASSED_ON)
    )


def _is_loopback(client: str | None) -> bool:
    try:
        return ip_address(client or "").is_loopback
    except ValueError:
        return False


def _name(host: str) -> str:
    name, colon, port = host.lower().rpartition(":")
    return name if colon and port.isdecimal() and not name.endswith(":") else host.lower()
