"""Requests that two readers could take for two different things are refused."""

import h11
import pytest

from consumers.ways_in.unambiguous import UnambiguousConnection

_HEAD = b"POST /v1/events HTTP/1.1\r\nHost: x\r\nContent-Type: a\r\n"


@pytest.mark.parametrize(
    "more",
    [
        b"Content-Length: 6\r\nTransfer-Encoding: chunked\r\n",
        b"transfer-encoding: chunked\r\ncontent-length: 6\r\n",
        b"Content-Length: 6\r\nContent-Length: 7\r\n",
        b"Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n",
        b"Transfer-Encoding: xchunked\r\n",
        b"Transfer-Encoding : chunked\r\n",
        b"Content-Length: +6\r\n",
        b"CONTENT-TYPE: b\r\n",
        b"Authorization: Bearer a\r\nauthorization: Bearer b\r\n",
        b"Content-Encoding: gzip\r\nContent-Encoding: identity\r\n",
        b"Host: y\r\n",
    ],
)
def test_a_request_that_can_be_read_in_two_ways_is_refused(more: bytes) -> None:
    connection = UnambiguousConnection()
    connection.receive_data(_HEAD + more + b"\r\n0\r\n\r\n")
    with pytest.raises(h11.RemoteProtocolError):
        connection.next_event()


@pytest.mark.parametrize(
    "more",
    [
        b"Content-Length: 0\r\n",
        b"Transfer-Encoding: chunked\r\n",
        b"Cookie: a=1\r\nCookie: b=2\r\nAuthorization: Bearer a\r\n",
        b"X-Forwarded-For: a\r\nX-Forwarded-For: b\r\n",
    ],
)
def test_other_requests_are_read(more: bytes) -> None:
    connection = UnambiguousConnection()
    connection.receive_data(_HEAD + more + b"\r\n0\r\n\r\n")
    assert isinstance(connection.next_event(), h11.Request)
