from http import HTTPStatus

import pytest
from fastapi import Request
from starlette.types import Message

from connectors.web.forms import FormRefused, form_of


def _sent(body: bytes, content_type: str) -> Request:
    async def receive() -> Message:
        return {"type": "http.request", "body": body, "more_body": False}

    return Request({"type": "http", "headers": [(b"content-type", content_type.encode())]}, receive)


def _multipart(value: bytes, options: str = "") -> Request:
    head = b'--x\r\nContent-Disposition: form-data; name="mark"\r\n\r\n'
    return _sent(head + value + b"\r\n--x--\r\n", f"multipart/form-data; boundary=x{options}")


@pytest.mark.parametrize(
    ("charset", "value"),
    [
        ("unicode_escape", rb"\ud800"),
        ("utf-7", b"+2AA-"),
        ("punycode", b"a" * 50_000 + b"-" + b"aaa" * 10_000),
    ],
)
async def test_a_form_is_read_with_no_codec_that_it_names_itself(charset: str, value: bytes) -> None:
    for options in (f"; charset={charset}", f"; CharSet*0={charset}"):
        with pytest.raises(FormRefused) as refused:
            await form_of(_multipart(value, options), 500_000)
        assert refused.value.status is HTTPStatus.BAD_REQUEST


async def test_what_a_form_says_is_always_text() -> None:
    for value in (b"\xed\xa0\x80", "\u00e9\x00".encode(), b"\xff"):
        assert (await form_of(_multipart(value), 1000)).fields["mark"].encode()
    plain = _sent(b"mark=%ED%A0%80", "application/x-www-form-urlencoded; charset=utf-7")
    assert (await form_of(plain, 1000)).fields["mark"].encode()
