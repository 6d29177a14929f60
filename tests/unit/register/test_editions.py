"""A sheet knows which version of the register it was made from."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.register.changes import ChangeKind
from hub.register.editions import changed_kinds, changed_since, read_editions, write_editions
from hub.register.history import Kind
from tests.registers import HISTORY, with_facts, without_party


@given(st.dictionaries(st.sampled_from(Kind), st.integers(1, 999_999_999)))
def test_what_is_written_is_read_back_the_same(versions: dict[Kind, int]) -> None:
    assert read_editions(write_editions(versions)) == versions


def test_what_excel_makes_of_it_is_read() -> None:
    assert read_editions(b"blad,versie\r\npartijen,12\r\nrollen,\r\n,\r\n") == {Kind.PARTY: 12}


@pytest.mark.parametrize("content", [b"", b"iets", "blad;versie".encode("utf-16"), b"\xff"])
def test_what_is_no_version_file_is_refused(content: bytes) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - any
        read_editions(content)


@given(st.binary(max_size=60))
def test_any_bytes_are_versions_or_refused(content: bytes) -> None:
    try:
        found = read_editions(content)
    except ValueError:
        return
    assert all(version > 0 for version in found.values())


def test_what_changed_in_a_sheet_since_is_named_and_nothing_of_another_sheet() -> None:
    newest = without_party(with_facts(HISTORY, Kind.PARTY, "acm", name="ACM"), "enexis")
    assert changed_since(HISTORY, HISTORY, Kind.PARTY) == []
    found = changed_since(HISTORY, newest, Kind.PARTY)
    assert [(c.entry.key, c.kind) for c in found] == [
        ("acm", ChangeKind.CHANGED),
        ("enexis", ChangeKind.REMOVED),
    ]
    assert {c.entry.kind for c in changed_since(HISTORY, newest, Kind.ROLE)} == {Kind.ROLE}
    assert changed_kinds(HISTORY, newest, list(Kind)) == [Kind.PARTY, Kind.ROLE]
    assert changed_kinds(HISTORY, newest, [Kind.AREA]) == []
