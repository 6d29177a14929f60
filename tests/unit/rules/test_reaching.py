"""The hub connects to public addresses only, whatever they are written as."""

import pytest

from hub.rules.reaching import address_problem, is_real_host, may_reach

PRIVATE = [
    "127.0.0.1",
    "127.8.8.8",
    "10.1.2.3",
    "172.16.0.1",
    "192.168.1.1",
    "169.254.169.254",
    "100.64.0.1",
    "100.100.100.200",
    "0.0.0.0",  # noqa: S104 - refused
    "255.255.255.255",
    "224.0.0.1",
    "192.0.2.1",
    "198.18.0.1",
    "240.0.0.1",
    "::1",
    "::",
    "fe80::1",
    "fe80::1%eth0",
    "fd00:ec2::254",
    "fc00::1",
    "ff02::1",
    "2001:db8::1",
    "::ffff:127.0.0.1",
    "::ffff:10.0.0.1",
    "::ffff:169.254.169.254",
    "::10.0.0.1",
    "2002:7f00:1::",
    "2002:a9fe:a9fe::",
    "64:ff9b::169.254.169.254",
    "64:ff9b::a00:1",
    "64:ff9b:1::a00:1",
    "2001:0:7f00:1::",
    "geen-adres",
    "",
]


@pytest.mark.parametrize("address", PRIVATE)
def test_what_is_not_public_is_not_reached(address: str) -> None:
    assert not may_reach(address, local=False)


@pytest.mark.parametrize("address", ["8.8.8.8", "2a00:1450:400e::1", "::ffff:8.8.8.8", "64:ff9b::8.8.8.8"])
def test_what_is_public_is_reached(address: str) -> None:
    assert may_reach(address, local=False)


def test_an_exercise_reaches_this_machine_and_no_other_that_is_private() -> None:
    assert [one for one in PRIVATE if may_reach(one, local=True)] == ["127.0.0.1", "127.8.8.8", "::1"]


@pytest.mark.parametrize(
    "url",
    [
        "http://haken.example/hub",
        "ftp://haken.example",
        "https://",
        "haken.example",
        "https://u:w@haken.example/",
        "https://haken.example/#x",
        "https://haken.example:99999/",
        "https://haken.example/a b",
        "https://haken.example/\r\nX: y",
        "https://häken.example/",
        "https://127.0.0.1/",
        "https://[::ffff:10.0.0.1]/",
        "https://169.254.169.254/latest/meta-data",
        "https://haken.example/" + "x" * 500,
    ],
)
def test_an_address_that_can_not_be_right_is_refused_at_once(url: str) -> None:
    assert address_problem(url, local=False)


def test_an_address_of_a_server_is_taken_and_in_an_exercise_this_machine_too() -> None:
    assert address_problem("https://haken.example:8443/hub?x=1", local=False) is None
    assert address_problem("http://127.0.0.1:8000/", local=True) is None
    assert address_problem("http://10.0.0.1/", local=True)


def test_a_test_name_or_this_machine_is_no_real_host() -> None:
    assert is_real_host("https://haken.amsterdam.nl/")
    unreal = (
        "https://x.example/",
        "http://127.0.0.1:1/",
        "http://[::1]/",
        "http://localhost/",
        "https://a.test./",
    )
    assert [url for url in unreal if is_real_host(url)] == []
