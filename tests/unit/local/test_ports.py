import socket

from consumers.local import ports


def test_the_preferred_port_is_taken_if_it_is_free() -> None:
    (port,) = ports.pick([0])
    assert ports.pick([port]) == (port,)
    assert not ports.is_taken(port)


def test_a_taken_port_gives_another_one() -> None:
    with socket.create_server((ports.HOST, 0)) as other:
        taken = other.getsockname()[1]
        assert ports.is_taken(taken)
        assert ports.pick([taken]) != (taken,)


def test_ports_picked_together_differ() -> None:
    (port,) = ports.pick([0])
    assert len(set(ports.pick([port, port, 0, 0]))) == 4
