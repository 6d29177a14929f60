"""Events from files: every event with its place, whatever the file looks like."""

import json
from pathlib import Path

import pytest

from connectors.files.reading import MOST_BYTES, FileUnreadable, Found, read_events
from tests.events import KINDS, attributes

EVENTS = [attributes(kind) for kind in KINDS]


def _write(file: Path, content: str | bytes) -> Path:
    file.write_bytes(content.encode() if isinstance(content, str) else content)
    return file


def _ids(found: list[Found]) -> list[object]:
    return [one.attributes and one.attributes["id"] for one in found]


def test_a_json_file_is_one_event(tmp_path: Path) -> None:
    file = _write(tmp_path / "een.json", json.dumps(EVENTS[0], indent=2))
    assert list(read_events(file)) == [Found(file, 1, EVENTS[0])]


@pytest.mark.parametrize("suffix", [".jsonl", ".ndjson", ".txt"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_another_file_has_an_event_on_each_line(tmp_path: Path, suffix: str, end: str) -> None:
    file = _write(tmp_path / f"veel{suffix}", end.join(map(json.dumps, EVENTS)))
    found = list(read_events(file))
    assert [one.attributes for one in found] == EVENTS
    assert [one.line for one in found] == list(range(1, len(EVENTS) + 1))


def test_blank_lines_are_passed_over_and_counted(tmp_path: Path) -> None:
    file = _write(tmp_path / "a.jsonl", f"\n  \n{json.dumps(EVENTS[0])}\n\r\n\t\n{json.dumps(EVENTS[1])}\n\n")
    assert [(one.line, one.attributes) for one in read_events(file)] == [(3, EVENTS[0]), (6, EVENTS[1])]


@pytest.mark.parametrize("name", ["a.json", "a.jsonl"])
def test_the_mark_that_windows_puts_first_does_not_matter(tmp_path: Path, name: str) -> None:
    file = _write(tmp_path / name, b"\xef\xbb\xbf" + json.dumps(EVENTS[0]).encode())
    assert [one.attributes for one in read_events(file)] == [EVENTS[0]]


def test_a_folder_is_read_by_file_name(tmp_path: Path) -> None:
    numbers = [7, 2, 9, 0, 5, 1, 8, 3, 6, 4]
    for number in numbers:
        suffix = [".jsonl", ".json", ".ndjson"][number % 3]
        _write(tmp_path / f"{number}{suffix}", json.dumps(EVENTS[number]))
    _write(tmp_path / "LEESMIJ.md", "geen gebeurtenis")
    (tmp_path / "map").mkdir()
    assert [one.attributes for one in read_events(tmp_path)] == EVENTS[:10]


def test_a_line_that_can_not_be_read_is_told_with_its_place_and_stops_no_other(tmp_path: Path) -> None:
    lines = [json.dumps(EVENTS[0]), '{"id": ', "[]", '{"a": NaN}', json.dumps(EVENTS[1])]
    file = _write(tmp_path / "a.jsonl", "\n".join(lines))
    found = list(read_events(file))
    assert _ids(found) == [EVENTS[0]["id"], None, None, None, EVENTS[1]["id"]]
    assert [one.place for one in found if one.problems] == [f"{file}:2", f"{file}:3", f"{file}:4"]
    assert [problem.code for one in found for problem in one.problems] == ["json", "json_object", "json"]


def test_a_line_in_another_encoding_is_told(tmp_path: Path) -> None:
    file = _write(tmp_path / "a.jsonl", b'{"a": "\xe9"}\n{"id": "b"}')
    wrong, right = read_events(file)
    assert [problem.code for problem in wrong.problems] == ["utf8"]
    assert right.attributes == {"id": "b"}


def test_an_event_far_too_large_is_not_even_read(tmp_path: Path) -> None:
    within = '{"a": "' + "x" * (MOST_BYTES - 9) + '"}'
    file = _write(tmp_path / "a.jsonl", f"{within}\n{within} \n")
    just, over = read_events(file)
    assert just.attributes
    assert (over.attributes, [problem.code for problem in over.problems]) == (None, ["too_large"])


@pytest.mark.parametrize("content", [b"", b"\n \n", b"\xef\xbb\xbf"])
def test_an_empty_file_is_told(tmp_path: Path, content: bytes) -> None:
    file = _write(tmp_path / "leeg.jsonl", content)
    with pytest.raises(FileUnreadable, match=r"leeg\.jsonl is leeg"):
        list(read_events(file))


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(FileUnreadable, match=r"weg\.json is niet te lezen"):
        list(read_events(tmp_path / "weg.json"))


def test_a_folder_with_the_name_of_a_file_is_told(tmp_path: Path) -> None:
    (tmp_path / "map.json").mkdir()
    with pytest.raises(FileUnreadable, match=r"map\.json is niet te lezen"):
        list(read_events(tmp_path))


def test_a_folder_without_events_says_what_it_looks_for(tmp_path: Path) -> None:
    _write(tmp_path / "LEESMIJ.md", "niets")
    with pytest.raises(FileUnreadable, match=r"\.json, \.jsonl, \.ndjson"):
        list(read_events(tmp_path))


def test_a_folder_that_may_not_be_opened_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(self: Path) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "iterdir", refuse)
    with pytest.raises(FileUnreadable, match="is niet te lezen"):
        list(read_events(tmp_path))
