"""A command that is not called as it should be is answered in Dutch, with what to do."""

import os
from pathlib import Path

import pytest

from consumers.program import main
from hub.errors import why


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (
            "register who drinkwater GM0363",
            "'drinkwater' is geen geldige waarde voor 'function': kies uit elec",
        ),
        ("register who oil", "'area' ontbreekt: gebied, zoals GM0363 of PV31."),
        (
            "register who oil NL --on 2027-13-13",
            "'2027-13-13' is geen geldige waarde voor '--on': dag, zoals",
        ),
        ("publish x.json", "'--token' (of 'KERNHUB_TOKEN') ontbreekt: API-sleutel van uw partij."),
        ("check", "ontbreekt"),
        ("explain", "noem een gebeurtenis, of gebruik --nobody"),
        ("nergens", "Dit commando kennen wij zo niet.\nZie 'kernhub --help'."),
        ("token a b", "Dit commando kennen wij zo niet.\nZie 'kernhub token --help'."),
        ("token --weg", "De optie '--weg' kennen wij niet."),
    ],
)
def test_a_wrong_call_says_what_is_wrong(
    words: str, told: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.argv", ["kernhub", *words.split()])
    with pytest.raises(SystemExit) as left:
        main()
    errors = capsys.readouterr().err
    assert left.value.code == 2
    assert told in errors
    assert not {"Usage", "Error", "Missing", "Invalid", "Value"} & set(errors.split())


@pytest.mark.parametrize(("words", "code"), [("--help", 0), ("register who --help", 0), ("register", 2)])
def test_help_is_shown(
    words: str, code: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.argv", ["kernhub", *words.split()])
    with pytest.raises(SystemExit) as left:
        main()
    told = capsys.readouterr()
    assert (left.value.code or 0) == code
    assert "egister" in told.out + told.err


def test_a_wrong_setting_is_told_in_dutch(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.argv", ["kernhub", "prepare"])
    monkeypatch.setenv("KERNHUB_HTTP_PORT", "veel")
    monkeypatch.setenv("KERNHUB_PAGES", "open")
    with pytest.raises(SystemExit) as left:
        main()
    assert left.value.code == 1
    errors = capsys.readouterr().err
    assert "KERNHUB_HTTP_PORT: moet een geheel getal zijn" in errors
    assert "KERNHUB_PAGES: moet zijn: 'closed' of 'local'" in errors


def test_what_the_system_refuses_is_told_in_dutch(tmp_path: Path) -> None:
    for path, told in ((tmp_path / "weg", "dat is er niet"), (tmp_path, "dat is een map")):
        with pytest.raises(OSError) as raised:  # noqa: PT011 - whichever it is
            path.read_bytes()
        assert why(raised.value) == told
    assert why(OSError(os.EX_OSERR, "x")) == "fout 71 van dit systeem"
