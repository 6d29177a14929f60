"""May the hub connect to this address for a party? Only to what anybody can reach."""

from collections.abc import Iterator
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from urllib.parse import urlsplit

_NAT64 = (IPv6Network("64:ff9b::/96"), IPv6Network("64:ff9b:1::/48"))
_COMPATIBLE = IPv6Network("::/96")
_MOST = 500
_RESERVED = (".example", ".test", ".invalid", ".localhost")


def may_reach(address: str, *, local: bool) -> bool:
    """Whether this IP address is a public one, and so is the IPv4 address that it may hold within; `local`:
    or this machine itself."""
    try:
        found = ip_address(address.partition("%")[0])
    except ValueError:
        return False
    if local and found.is_loopback:
        return True
    return all(_is_public(one) for one in _addresses(found))


def _addresses(address: IPv4Address | IPv6Address) -> Iterator[IPv4Address | IPv6Address]:
    yield address
    if isinstance(address, IPv6Address):
        if address.ipv4_mapped:
            yield address.ipv4_mapped
        if address.sixtofour:
            yield address.sixtofour
        if address.teredo:
            yield from address.teredo
        if address in _COMPATIBLE or any(address in network for network in _NAT64):
            yield IPv4Address(int(address) & 0xFFFFFFFF)


def _is_public(address: IPv4Address | IPv6Address) -> bool:
    if isinstance(address, IPv6Address) and (address.ipv4_mapped or address in _NAT64[0]):
        return True  # the address within decides
    return address.is_global and not (address.is_multicast or address.is_reserved)


def address_problem(url: str, *, local: bool) -> str | None:
    """Why the hub can't send to this address, as far as its text tells; None: it may be tried. `local`: in an
    exercise, where this machine may be sent to, and without TLS."""
    if len(url) > _MOST or not url.isascii() or not url.isprintable() or " " in url:
        return f"moet een adres zijn van hoogstens {_MOST} tekens, zonder spaties of vreemde tekens"
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        return "is geen geldig adres"
    if parts.scheme not in (("http", "https") if local else ("https",)) or not host:
        return "moet beginnen met 'https://' en een naam van een server"
    if parts.username is not None or parts.fragment:
        return "mag geen gebruikersnaam, wachtwoord of '#' hebben"
    if _is_ip(host) and not may_reach(host, local=local):
        return "ligt in een eigen netwerk: de hub stuurt alleen naar openbare adressen"
    return None


def _is_ip(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


def is_real_host(url: str) -> bool:
    """Whether what is sent there could reach a system that is in use: not this machine, nor a name that never
    belongs to anybody (RFC 2606)."""
    host = urlsplit(url).hostname or ""
    if _is_ip(host):
        return not ip_address(host).is_loopback
    return host != "localhost" and not host.rstrip(".").endswith(_RESERVED)
