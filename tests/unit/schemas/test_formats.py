"""CloudEvents on the wire: what is read, and what is refused before it is looked at."""

import json
import re
from collections.abc import Callable
from contextlib import suppress
from typing import Any
from urllib.parse import quote

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from schemas import formats, strict_json
from schemas.catalogue import parse
from schemas.problems import Refused
from tests.events import attributes, event

_texts = st.text(st.characters(codec="utf-8"), max_size=20)
_BODY = b'{"a": 1}'


def _code(body: bytes) -> str:
    with pytest.raises(Refused) as refused:
        formats.structured(body)
    (problem,) = refused.value.problems
    return problem.code


def test_structured_mode_is_one_json_object() -> None:
    wire = attributes("question-raised")
    assert formats.structured(json.dumps(wire).encode()).attributes == wire
    assert formats.structured(json.dumps(wire, ensure_ascii=False, indent=2).encode()).attributes == wire
    for other in (b"[]", b"null", b'"tekst"', b"1"):
        assert _code(other) == "json_object"


def test_a_batch_is_a_list_of_anything_each_to_be_refused_on_its_own() -> None:
    assert [one.attributes for one in formats.batch(b'[{"id": "a"}, 5, null]')] == [{"id": "a"}, 5, None]
    assert formats.batch(b"[]") == []
    with pytest.raises(Refused, match="JSON-lijst"):
        formats.batch(b"{}")


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b'{"a": 1, "a": 2}', "json"),
        (b'{"data": {"b": 1, "b": 1}}', "json"),
        (b'{"a": NaN}', "json"),
        (b'{"a": -Infinity}', "json"),
        (b'{"a": 1e400}', "json"),
        (b'{"a": ' + b"9" * 5000 + b"}", "json"),
        (b"", "json"),
        (b"{", "json"),
        (b"{'a': 1}", "json"),
        (b'{"a": 1} {}', "json"),
        (b'{"a": "regel\nregel"}', "json"),
        (b"\xef\xbb\xbf{}", "json"),
        ('{"a": "é"}'.encode("latin-1"), "utf8"),
        ('{"a": 1}'.encode("utf-16"), "utf8"),
        (b'{"a": "\\ud800"}', "utf8"),
        (b'{"\\udfff": 1}', "utf8"),
        (b'{"a": "\xed\xa0\x80"}', "utf8"),
        (b"[" * 100_000 + b"]" * 100_000, "too_deep"),
        (b'{"a":' * 100_000 + b"1" + b"}" * 100_000, "too_deep"),
    ],
)
def test_json_that_others_might_read_differently_is_refused(body: bytes, code: str) -> None:
    assert _code(body) == code


def test_a_mistake_in_json_is_told_by_its_place_in_dutch() -> None:
    with pytest.raises(Refused) as refused:
        formats.structured(b'{\n "a": fout}')
    assert refused.value.problems[0].detail == "is geen geldige JSON: kijk bij regel 2, teken 7"


def _joined(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    members = st.lists(st.tuples(st.sampled_from(["a", "b", '"', "\\", '\\"']), inner), max_size=4)
    return st.lists(inner, max_size=4).map(lambda some: f"[{', '.join(some)}]") | members.map(
        lambda some: f"{{{', '.join(f'{json.dumps(name)}: {value}' for name, value in some)}}}"
    )


_leaves = st.none() | st.booleans() | st.integers() | st.integers(-(10**25), 10**25) | st.floats() | st.text()
_written = st.recursive(
    _leaves.map(json.dumps) | st.sampled_from(["1e400", "-0", "-0.0", "1E5", '"\\/"', '"\\u0022"', "x"]),
    _joined,
)


@given(_written)
def test_what_is_read_fast_is_what_a_close_reading_gives(body: str) -> None:
    def told(read: Callable[[bytes], Any]) -> object:
        try:
            return repr(read(body.encode()))
        except Refused as refused:
            return refused.problems

    assert told(strict_json.strict_json) == told(strict_json._closely_read)


@given(st.lists(_written, max_size=4).map(lambda parts: f"[{', '.join(parts)}]"))
def test_a_batch_is_read_as_closely_and_what_it_gives_in_canonical_form_is_so(body: str) -> None:
    try:
        closely = strict_json._closely_read(body.encode())
    except Refused as refused:
        with pytest.raises(Refused, match=re.escape(str(refused))):
            formats.batch(body.encode())
        return
    read = formats.batch(body.encode())
    assert repr([one.attributes for one in read]) == repr(closely)
    assert all(one.written is None or one.written == rfc8785.dumps(one.attributes) for one in read)


@given(_texts, _texts)
def test_escaped_characters_are_read_as_they_are_meant(name: str, value: str) -> None:
    assert formats.structured(json.dumps({name: value}).encode()).attributes == {name: value}


@given(st.binary(max_size=60))
def test_any_bytes_are_read_or_refused(body: bytes) -> None:
    with suppress(Refused):
        assert isinstance(formats.structured(body).attributes, dict)


def test_binary_mode_over_http_is_the_same_event() -> None:
    wire = attributes("question-raised", subject="Zaak «é» 100% 🌊", traceparent='a "b" c')
    headers = {f"CE-{name}": quote(str(value), safe="") for name, value in wire.items() if name != "data"}
    headers |= {"Content-Type": "application/json", "Authorization": "Bearer geheim"}
    attributes_read = formats.binary_http(headers.items(), json.dumps(wire["data"]).encode())
    assert attributes_read == wire
    assert parse(attributes_read) == event("question-raised", subject=wire["subject"], traceparent='a "b" c')


@given(_texts)
def test_percent_encoding_carries_any_text_over_http(text: str) -> None:
    assert formats.binary_http({"ce-subject": quote(text, safe="")}.items(), _BODY)["subject"] == text


@pytest.mark.parametrize(
    ("header", "text"),
    [
        ("Euro%20%E2%82%AC%20%F0%9F%98%80", "Euro € 😀"),
        ("100%25", "100%"),
        ("%2541", "%41"),
        ('"met blanks"', "met blanks"),
        (r'"een \"woord\" en een \\"', r'een "woord" en een \ '.strip()),
        ('"%C3%A9"', "é"),
        ('"', '"'),
        ("a+b", "a+b"),
    ],
)
def test_a_header_is_unquoted_first_and_decoded_once(header: str, text: str) -> None:
    assert formats.binary_http({"ce-subject": header}.items(), _BODY)["subject"] == text


def test_a_header_that_is_no_utf8_is_refused_by_name() -> None:
    with pytest.raises(Refused) as refused:
        formats.binary_http({"ce-subject": "%C3"}.items(), _BODY)
    assert [(p.field, p.code) for p in refused.value.problems] == [("ce-subject", "utf8")]


def test_binary_mode_reads_json_data_only() -> None:
    assert formats.binary_http({}.items(), _BODY) == {"datacontenttype": "application/json", "data": {"a": 1}}
    with pytest.raises(Refused):
        formats.binary_http({}.items(), b"platte tekst")


def test_a_data_header_never_replaces_the_body() -> None:
    assert formats.binary_http({"ce-data": "anders"}.items(), _BODY)["data"] == {"a": 1}


def test_a_structured_kafka_record_is_known_by_its_content_type() -> None:
    wire = attributes("question-raised")
    for kind in (b"application/cloudevents+json", b"Application/CloudEvents+JSON; charset=UTF-8"):
        assert formats.from_kafka([("Content-Type", kind)], json.dumps(wire).encode()) == wire


def test_a_binary_kafka_record_has_plain_utf8_headers() -> None:
    wire = attributes("question-raised", subject="Zaak «é» 100%25 🌊")
    headers = [(f"ce_{name}", str(value).encode()) for name, value in wire.items() if name != "data"]
    headers = [*headers, ("content-type", b"application/json")]
    assert formats.from_kafka(headers, json.dumps(wire["data"]).encode()) == wire


@pytest.mark.parametrize("unset", ["ce_dataschema", "ce_sequence", "ce_schemaurl"])
def test_a_kafka_header_without_a_value_is_an_attribute_that_is_not_set(unset: str) -> None:
    wire = attributes("question-raised")
    headers = [(f"ce_{name}", str(value).encode()) for name, value in wire.items() if name != "data"]
    body = json.dumps(wire["data"]).encode()
    kind = ("content-type", b"application/json")
    assert formats.from_kafka([*headers, kind, (unset, None)], body) == wire


@pytest.mark.parametrize(
    ("headers", "body", "code"),
    [
        ([("content-type", b"application/cloudevents+json")], None, "empty"),
        ([("content-type", b"application/cloudevents+json")], b" " * (64 * 1024 + 1), "too_large"),
        ([("content-type", b"application/cloudevents-batch+json")], b"[]", "content_type"),
        ([("content-type", b"text/plain")], b"{}", "content_type"),
        ([], b"{}", "content_type"),
        ([("content-type", b"application/json"), ("ce_id", b"\xff")], b"{}", "utf8"),
        ([("content-type", b"\xff")], b"{}", "utf8"),
        ([("content-type", None)], b"{}", "content_type"),
        ([("content-type", b"application/json; charset=latin1")], b"{}", "charset"),
    ],
)
def test_another_kafka_record_is_refused(headers: Any, body: bytes | None, code: str) -> None:
    with pytest.raises(Refused) as refused:
        formats.from_kafka(headers, body)
    assert [problem.code for problem in refused.value.problems] == [code]


def test_a_kafka_header_of_somebody_else_does_not_matter() -> None:
    headers = [("content-type", b"application/cloudevents+json"), ("trace", b"\xff\x00"), ("key", None)]
    assert formats.from_kafka(headers, b'{"id": "a"}') == {"id": "a"}


@pytest.mark.parametrize(
    ("content_type", "name"),
    [
        ("Application/JSON", "application/json"),
        (' application/json ; charset="UTF-8"', "application/json"),
        ("application/json; a=b; Charset=us-ascii", "application/json"),
        ("", ""),
        (None, ""),
    ],
)
def test_a_media_type_is_read_without_its_parameters(content_type: str | None, name: str) -> None:
    assert formats.media_type(content_type) == name


@pytest.mark.parametrize("charset", ["latin1", "utf-16", '"iso-8859-1"', ""])
def test_another_character_set_is_refused(charset: str) -> None:
    with pytest.raises(Refused, match="moet UTF-8 zijn"):
        formats.media_type(f"application/json; charset={charset}")


def test_a_doubled_attribute_is_refused_in_binary_mode() -> None:
    with pytest.raises(Refused) as refused:
        formats.binary_http([("ce-tlp", "RED"), ("CE-TLP", "CLEAR")], _BODY)
    assert [problem.code for problem in refused.value.problems] == ["doubled"]
    kind = ("content-type", b"application/json")
    for doubled in (
        [kind, ("ce_tlp", b"RED"), ("ce_tlp", b"CLEAR")],
        [kind, ("ce_tlp", None), ("CE_TLP", b"CLEAR")],
        [kind, kind],
    ):
        with pytest.raises(Refused) as refused:
            formats.from_kafka(doubled, _BODY)
        assert [problem.code for problem in refused.value.problems] == ["doubled"]


def test_a_header_name_with_strange_signs_is_refused_and_never_repeated() -> None:
    with pytest.raises(Refused) as refused:
        formats.from_kafka([("content-type", b"application/json"), ("ce_a\x00b", b"x")], _BODY)
    (problem,) = refused.value.problems
    assert problem.code == "header_name"
    assert "\x00" not in "".join(problem)


def test_what_stands_in_headers_counts_for_the_size_of_a_record() -> None:
    most = formats.MAX_EVENT_BYTES
    for headers, body in (
        ([("content-type", b"application/json"), ("ce_a", b"x" * (most - 20))], b'"' + b"y" * 100 + b'"'),
        ([("content-type", b"application/json"), ("ce_a", b"x" * most)], b"{}"),
        ([("content-type", b"application/json"), ("ce_" + "n" * most, b"")], b"{}"),
        ([("content-type", b"application/json"), *((f"ce_{n}", b"x" * 100) for n in range(700))], b"{}"),
        ([("content-type", b"application/cloudevents+json;" + b"x" * most)], b"{}"),
    ):
        with pytest.raises(Refused) as refused:
            formats.from_kafka(headers, body)
        assert [problem.code for problem in refused.value.problems] == ["too_large"]
    # What is not of the event is left alone, however large.
    assert formats.from_kafka([("content-type", b"application/json"), ("trace", b"x" * most)], _BODY)
