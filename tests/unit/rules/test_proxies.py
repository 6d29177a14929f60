"""Which proxies may name their visitor?"""

import pytest

from hub.rules.proxies import NoProxy, proxies


@pytest.mark.parametrize(
    ("written", "found"),
    [
        ("", []),
        (" , ", []),
        ("10.0.0.5", ["10.0.0.5"]),
        ("10.0.0.5, 10.0.1.0/24 ,FD00:0::5,fd00::/120", ["10.0.0.5", "10.0.1.0/24", "fd00::5", "fd00::/120"]),
        ("10.0.0.5/32", ["10.0.0.5"]),
        ("172.17.0.0/16", ["172.17.0.0/16"]),
    ],
)
def test_addresses_and_networks_are_proxies(written: str, found: list[str]) -> None:
    assert proxies(written) == found


@pytest.mark.parametrize(
    "wrong",
    [
        "*",
        "0.0.0.0/0",
        "::/0",
        "10.0.0.0/8",
        "10.0.0.5/24",
        "proxy.example",
        "10.0.0.5:8080",
        "10.0.0.05",
        "[::1]",
    ],
)
def test_whatever_else_is_refused_by_name(wrong: str) -> None:
    with pytest.raises(NoProxy) as refused:
        proxies(f"10.0.0.5, {wrong}")
    assert refused.value.written == wrong
