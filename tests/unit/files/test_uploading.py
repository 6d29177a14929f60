"""A watched folder: every file is sent once it is whole, and moved to where its maker looks."""

import asyncio
import json
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from connectors.files.reading import FileUnreadable
from connectors.files.uploading import Folder, HubAway, UploadRefused, upload
from consumers.commands import files

_TAKEN = httpx.Response(202, json={"events": [{"outcome": "accepted"}, {"outcome": "known"}]})
_ERROR = {"line": 2, "cell": "C2", "field": "=Titel", "code": "missing", "detail": "@ ontbreekt"}
_REFUSED = httpx.Response(422, json={"detail": "fout", "errors": [_ERROR]})


def _hub(answer: Callable[[httpx.Request], httpx.Response]) -> httpx.AsyncClient:
    return httpx.AsyncClient(base_url="http://hub", transport=httpx.MockTransport(answer))


def test_a_file_that_still_grows_waits(tmp_path: Path) -> None:
    folder = Folder(tmp_path)
    file = tmp_path / "a.csv"
    file.write_text("Soort")
    (tmp_path / "~$a.xlsx").write_text("Excel heeft dit open")
    assert folder.ready() == []
    file.write_text("Soort;Titel")
    assert folder.ready() == []
    assert folder.ready() == [file]


async def test_a_link_to_a_file_elsewhere_is_not_followed(tmp_path: Path) -> None:
    elsewhere, folder = tmp_path / "geheim.csv", tmp_path / "map"
    elsewhere.write_text("geheim")
    folder.mkdir()
    (folder / "a.csv").symlink_to(elsewhere)
    (folder / "b.csv").symlink_to(tmp_path / "nergens")
    watched = Folder(folder)
    watched.ready()
    assert watched.ready() == []
    # Nor when it took the place of a file after the look.
    with pytest.raises(FileUnreadable):
        await watched.send(_hub(lambda _: _TAKEN), "x", folder / "a.csv")
    assert (folder / "a.csv").is_symlink()


async def test_a_folder_that_is_away_for_a_while_is_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, told = tmp_path / "map", asyncio.Queue[str]()
    folder.mkdir()
    monkeypatch.setattr(files, "_LOOK_SECONDS", 0.01)
    monkeypatch.setattr(files, "warn", told.put_nowait)
    watching = asyncio.create_task(files.watch(folder, "x", "http://127.0.0.1:9", once=False))
    try:
        async with asyncio.timeout(30):
            await asyncio.sleep(0)  # its first look is over
            folder.rename(tmp_path / "weg")
            assert "Wij wachten tot de map er weer is" in await told.get()
            (tmp_path / "weg" / "a.csv").write_text("Soort")
            (tmp_path / "weg").rename(folder)
            assert "geeft geen antwoord" in await told.get()
    finally:
        watching.cancel()
    with pytest.raises(FileUnreadable):
        await files.watch(tmp_path / "nooit", "x", "http://127.0.0.1:9", once=False)


async def test_a_file_goes_to_where_its_maker_looks(tmp_path: Path) -> None:
    folder = Folder(tmp_path)
    for name in ("goed.csv", "fout.csv"):
        (tmp_path / name).write_text(name)
    client = _hub(lambda request: _TAKEN if request.content == b"goed.csv" else _REFUSED)
    assert (await folder.send(client, "x", tmp_path / "goed.csv"))[:2] == (1, 1)
    assert len((await folder.send(client, "x", tmp_path / "fout.csv")).problems) == 1
    # One of the same name later takes the place of none.
    (tmp_path / "goed.csv").write_text("goed.csv")
    await folder.send(client, "x", tmp_path / "goed.csv")
    assert len(list((tmp_path / "verwerkt").iterdir())) == 2
    told = (tmp_path / "geweigerd" / "fout.csv.fouten.csv").read_bytes()
    assert told.decode("utf-8-sig").splitlines()[1] == "2;'=Titel;C2;'@ ontbreekt"


async def test_what_is_saved_again_while_it_is_sent_is_sent_next(tmp_path: Path) -> None:
    folder, file, sent = Folder(tmp_path), tmp_path / "a.csv", []

    def answer(request: httpx.Request) -> httpx.Response:
        sent.append(request.content)
        if len(sent) == 1:
            file.write_text("verbeterd")
        return _TAKEN

    file.write_text("eerst")
    await folder.send(_hub(answer), "x", file)
    assert file.read_text() == "verbeterd"
    await folder.send(_hub(answer), "x", file)
    assert sent == [b"eerst", b"verbeterd"]
    assert (tmp_path / "verwerkt" / "a.csv").read_text() == "verbeterd"


async def test_a_copy_that_goes_on_after_it_was_taken_in_is_sent_whole(tmp_path: Path) -> None:
    folder, file, sent = Folder(tmp_path), tmp_path / "a.csv", []

    def answer(request: httpx.Request) -> httpx.Response:
        sent.append(request.content)
        return _TAKEN

    with file.open("wb", buffering=0) as copying:
        copying.write(b"rij 1\n")
        await folder.send(_hub(answer), "x", file)
        assert folder.ready() == []
        copying.write(b"rij 2\n")
        assert folder.ready() == []
    assert folder.ready() == [file]
    await folder.send(_hub(answer), "x", file)
    assert sent == [b"rij 1\n", b"rij 1\nrij 2\n"]
    (tmp_path / "verwerkt" / "a.csv").unlink()
    assert folder.ready() == []


async def test_a_file_that_is_too_large_for_what_stands_between_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "a.csv"
    file.write_text("x")
    client = _hub(lambda _: httpx.Response(413, json={"detail": "te groot"}))
    assert [one.code for one in (await Folder(tmp_path).send(client, "x", file)).problems] == ["too_large"]


@pytest.mark.parametrize("status", [408, 429, 500, 503])
async def test_a_file_stays_while_the_hub_is_away(tmp_path: Path, status: int) -> None:
    file = tmp_path / "a.csv"
    file.write_text("x")
    client = _hub(lambda _: httpx.Response(status, json={"detail": "later"}))
    with pytest.raises(HubAway):
        await Folder(tmp_path).send(client, "x", file)
    assert file.exists()


async def test_a_key_that_may_not_is_told() -> None:
    client = _hub(lambda _: httpx.Response(403, content=json.dumps({"detail": "mag niet"})))
    with pytest.raises(UploadRefused, match="mag niet"):
        await upload(client, "x", "a.csv", b"x", dry_run=False)


@pytest.mark.parametrize("name", ["a.pdf", "zonder", "a.xls"])
async def test_another_kind_of_file_is_refused_without_a_hub(name: str) -> None:
    told = await upload(_hub(lambda _: pytest.fail("was sent")), "x", name, b"x", dry_run=False)
    assert [problem.code for problem in told.problems] == ["format"]
