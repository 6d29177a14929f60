import pytest

from connectors.web.access import may_see


@pytest.mark.parametrize("client", ["127.0.0.1", "127.8.0.1", "::1"])
@pytest.mark.parametrize(
    "host", ["localhost", "localhost:8080", "127.0.0.1:8080", "[::1]", "[::1]:8080", "LOCALHOST"]
)
def test_who_sits_at_this_machine_may_see_the_pages(client: str, host: str) -> None:
    assert may_see("local", client, {"host": host})


@pytest.mark.parametrize("client", ["10.0.0.8", "192.0.2.1", "2001:db8::1", "testclient", "", None])
def test_who_sits_elsewhere_may_not(client: str | None) -> None:
    assert not may_see("local", client, {"host": "localhost"})


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "localhost.evil.example",
        "127.0.0.1.evil.example:8080",
        "",
        ":8080",
        "::1",
        "localhost:x",
    ],
)
def test_a_foreign_name_that_points_here_opens_nothing(host: str) -> None:
    assert not may_see("local", "127.0.0.1", {"host": host})


def test_no_host_opens_nothing() -> None:
    assert not may_see("local", "127.0.0.1", {})


@pytest.mark.parametrize("name", ["forwarded", "via", "x-forwarded-for", "x-forwarded-host", "x-real-ip"])
def test_what_another_server_passed_on_opens_nothing(name: str) -> None:
    assert not may_see("local", "127.0.0.1", {"host": "localhost", name: "127.0.0.1"})


def test_closed_pages_are_closed_for_everyone() -> None:
    assert not may_see("closed", "127.0.0.1", {"host": "localhost"})
