"""A command that is not called as it should be is answered in Dutch, with what to do."""

import os
from datetime import date
from pathlib import Path
from typing import Annotated

import pytest
import typer
from hypothesis import given
from hypothesis import strategies as st

from consumers.program.dutch_help import DutchTyper
from consumers.program.main import main
from consumers.program.usage import WrongWord, a_day, a_moment, wrong_call
from hub.errors import why
from hub.rules.moments import midnight


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
        ("token a b", "Dit commando kennen wij zo niet.\nZie 'kernhub token make --help'."),
        ("token --weg", "De optie '--weg' kennen wij niet.\nZie 'kernhub token --help'."),
        ("publish --token", "De optie '--token' is zo niet goed gegeven."),
        ("run mailman", "'mailman' is geen geldige waarde voor 'worker': kies uit http, router"),
        ("register merge GM1696 --into GM0402 --on morgen", "'morgen' is geen geldige waarde voor '--on'"),
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


@pytest.mark.parametrize(
    ("words", "code", "told"),
    [
        ("--help", 0, ["Opties:", "Commando's:", "Het register"]),
        ("register who --help", 0, ["Argumenten:", "functie: electricity", "[verplicht]", "--on WAARDE"]),
        ("publish --help", 0, ["[ook als KERNHUB_TOKEN in de"]),
        ("play --help", 0, ["map met gebeurtenissen [anders scenarios/limburg]", "--once   stop na het"]),
        ("", 2, ["Commando's:"]),
        ("register", 2, ["Gebruik: kernhub register [OPTIES] COMMANDO ..."]),
        ("ledger", 2, ["Reken het grootboek na."]),
    ],
)
def test_help_is_shown_in_dutch(
    words: str,
    code: int,
    told: list[str],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr("sys.argv", ["kernhub", *words.split()])
    with pytest.raises(SystemExit) as left:
        main()
    captured = capsys.readouterr()
    shown = captured.err if code else captured.out
    assert (left.value.code or 0) == code
    assert [words for words in told if words not in shown] == []
    assert shown.startswith("Gebruik: kernhub")
    assert not {"Usage:", "Options:", "Arguments:", "Commands:", "Show", "[required]"} & set(shown.split())


def test_a_value_that_only_typer_refuses_is_told_in_dutch() -> None:
    app = DutchTyper()

    @app.command()
    def wait(days: Annotated[int, typer.Argument(help="dagen, zoals 3")]) -> None:
        """Wacht."""

    with pytest.raises(typer.TyperException) as refused:
        app(["wait", "veel"], standalone_mode=False)
    assert wrong_call(refused.value).startswith("'days' klopt niet: dagen, zoals 3.")


@given(st.dates(date(1000, 1, 1)))
def test_a_day_is_read_as_the_dutch_and_the_standard_write_it(day: date) -> None:
    assert a_day(f"{day:%Y-%m-%d}") == a_day(f"{day:%d-%m-%Y}") == day


def test_what_no_calendar_tells_is_no_moment_and_an_open_end_of_a_period() -> None:
    for word in ("0001-01-01T00:00+23:59", "9999-12-31", "1899-12-31T10:00"):
        with pytest.raises(WrongWord):
            a_moment(word)
    assert midnight(date(1, 1, 1)) is None
    assert midnight(date(9999, 12, 31), days=1) is None


def test_a_wrong_setting_is_told_in_dutch(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.argv", ["kernhub", "prepare"])
    monkeypatch.setenv("KERNHUB_HTTP_PORT", "veel")
    monkeypatch.setenv("KERNHUB_PAGES", "open")
    monkeypatch.setenv("KERNHUB_PROXIES", "10.0.0.5, proxy.example")
    with pytest.raises(SystemExit) as left:
        main()
    assert left.value.code == 1
    errors = capsys.readouterr().err
    assert "KERNHUB_HTTP_PORT: moet een geheel getal zijn" in errors
    assert "KERNHUB_PAGES: moet zijn: 'closed' of 'local'" in errors
    assert "KERNHUB_PROXIES: 'proxy.example' is geen adres van een proxy" in errors


def test_what_the_system_refuses_is_told_in_dutch(tmp_path: Path) -> None:
    for path, told in ((tmp_path / "weg", "dat is er niet"), (tmp_path, "dat is een map")):
        with pytest.raises(OSError) as raised:  # noqa: PT011 - whichever it is
            path.read_bytes()
        assert why(raised.value) == told
    assert why(OSError(os.EX_OSERR, "x")) == "fout 71 van dit systeem"
