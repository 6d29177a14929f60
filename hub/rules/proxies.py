"""Which proxies are trusted to name their visitor?"""

from ipaddress import ip_network

_MOST_ADDRESSES = 2**16
"""More than any row of proxies; who trusts a larger network most likely trusts its visitors too."""


class NoProxy(Exception):
    """What was written is no address or network of proxies; `written` is the part that is not."""

    def __init__(self, written: str):
        self.written = written
        super().__init__(written)


def proxies(written: str) -> list[str]:
    """The addresses and networks (`10.0.0.5`, `10.0.0.0/24`, `fd00::/120`) between commas, each in its short
    form. Raises NoProxy."""
    return [_proxy(part.strip()) for part in written.split(",") if part.strip()]


def _proxy(part: str) -> str:
    try:
        found = ip_network(part)
    except ValueError:
        raise NoProxy(part) from None
    if found.num_addresses > _MOST_ADDRESSES:
        raise NoProxy(part)
    return str(found.network_address) if found.num_addresses == 1 else str(found)
