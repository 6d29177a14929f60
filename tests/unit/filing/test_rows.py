"""What people type in a CSV file becomes events, or an error that names the cell."""

import unicodedata

import pytest

from hub.filing.columns import FILLED_IN, columns_of
from hub.filing.marks import plain
from hub.filing.reading import Format, known_in, read_file
from hub.filing.rows import Draft
from hub.filing.tables import FileRefused
from hub.register.history import Kind as HistoryKind
from hub.register.model import Register
from schemas.catalogue import parse
from schemas.envelope import is_exercise
from tests.filled import HEAD, KNOWN, ROW, csv_of, read, row, wrong
from tests.registers import HISTORY, REGISTER, TODAY, with_facts

_REAL = "00000001123456780000"
_SOURCE = "urn:nld:oin:00000099100009350000:systeem:bestanden"


def test_a_row_is_an_event_of_the_party() -> None:
    (draft,) = read(csv_of(ROW))
    assert draft.attributes == {
        "specversion": "1.0",
        "datacontenttype": "application/json",
        "type": "nl.vitale-functies.bottleneck.found.v1",
        "source": _SOURCE,
        "id": "K-1",
        "subject": "station-1",
        "functions": "electricity",
        "areas": "GM0935",
        "tlp": "GREEN",
        "data": {
            "title": "Station ligt laag",
            "description": "Valt uit bij 60 cm",
            "hazards": ["flood", "heat"],
            "severity": "high",
            "found_on": "2027-06-05",
            "location": "Borgharen",
        },
    }
    parse({**draft.attributes, "time": "2027-06-05T10:00:00Z"})


@pytest.mark.parametrize(
    "content",
    [
        csv_of(ROW),
        b"\xef\xbb\xbf" + csv_of(ROW),
        b"sep=;\r\n" + csv_of(ROW),
        csv_of(ROW, delimiter="\t"),
        csv_of(row(dreigingen="overstroming, hitte"), delimiter=","),
        csv_of(ROW).decode().encode("utf-16"),
        csv_of(ROW) + b"\r\n;;;;;;;;;;;\r\n\r\n",
        csv_of(row(gevondenop="2027-06-05", ernst="high", functies="electricity", gebieden="gm0935")),
        csv_of(("# een opmerking", "die niet meetelt"), ROW),
        csv_of(row(dreigingen="overstroming\nhitte")),
        csv_of(ROW).replace(b"Kenmerk", b" kenmerk "),
        csv_of(ROW).decode().encode("utf-16-le"),
        csv_of(ROW).decode().encode("utf-16-be"),
        b"\xef\xbb\xbf\xef\xbb\xbf" + csv_of(ROW),
        csv_of(ROW).replace(b"\r\n", b"\r"),
        b"sep=;\r" + csv_of(ROW).replace(b"\r\n", b"\r"),
    ],
)
def test_what_excel_and_people_make_of_a_file_is_read_the_same(content: bytes) -> None:
    (draft,) = read(content)
    assert draft.attributes == read(csv_of(ROW))[0].attributes


def test_windows_text_is_read() -> None:
    (draft,) = read(csv_of(row(titel="Één café à € 5")).decode().encode("cp1252"))
    assert draft.attributes["data"]["title"] == "Één café à € 5"


_UNSEEN = ("\u200b", "\u200e", "\u202a", "\u00ad", "\ufeff", "\u2060")


@pytest.mark.parametrize("unseen", _UNSEEN)
def test_what_nobody_sees_in_headings_codes_and_choices_is_no_part_of_them(unseen: str) -> None:
    def with_it(text: str) -> str:
        return f"{unseen}{text[:2]}{unseen}{text[2:]}{unseen}"

    told = ("Titel", "Omschrijving", "Plaats")
    cells = [value if name in told else with_it(value) for name, value in zip(HEAD, ROW, strict=True)]
    (draft,) = read(csv_of(cells, head=[with_it(name) for name in HEAD]))
    assert draft.attributes == read(csv_of(ROW))[0].attributes
    assert wrong(csv_of(row(ernst=unseen, zaak=unseen))) == [("C2", "missing"), ("J2", "missing")]
    remark = csv_of((f"{unseen}# een opmerking",), ROW)
    assert [one.attributes for one in read(remark)] == [draft.attributes]


@pytest.mark.parametrize("space", ["\u00a0", "\u202f", "\u2007", "\u3000"])
def test_every_kind_of_space_is_a_space(space: str) -> None:
    cells = row(soort=f"Knelpunt{space}gevonden", ernst=f"hoog{space}", gebieden=f"GM0935{space}Maastricht")
    head = [name.replace(" ", space) for name in HEAD]
    assert read(csv_of(cells, head=head))[0].attributes == read(csv_of(ROW))[0].attributes


def test_what_nobody_sees_in_a_text_stays_as_its_writer_has_it() -> None:
    (draft,) = read(csv_of(row(titel="laag\u00adspannings\u00a0kast")))
    assert draft.attributes["data"]["title"] == "laag\u00adspannings\u00a0kast"


def test_letters_whose_accent_stands_apart_are_the_same_letters() -> None:
    apart = unicodedata.normalize("NFD", "Coördinatie van crisis é")
    assert plain(apart) == "Coördinatie van crisis é"


@pytest.mark.parametrize(
    "text",
    ["financiële", "café", "vóór", "geïsoleerd", "reünie", "één", "€ 5", "coördinatie", "de étage", "Malmö"],
)
def test_a_file_of_an_old_mac_is_read_by_its_line_ends_and_else_refused(text: str) -> None:
    content = csv_of(row(titel=text)).decode()
    (draft,) = read(content.replace("\r\n", "\r").encode("mac_roman"))
    assert draft.attributes["data"]["title"] == text
    for end in ("\n", "\r\n"):
        mixed = content.replace("\r\n", end).encode("mac_roman")
        with pytest.raises(FileRefused) as refused:
            read(mixed)
        assert [(one.code, one.row) for one in refused.value.problems] == [("encoding", 2)]
        assert "CSV UTF-8" in str(refused.value)


@pytest.mark.parametrize("text", ["één", "vóór", "café", "financiële", "geïsoleerd", "coördinatie", "scène"])
def test_a_file_for_ms_dos_is_refused_with_what_to_do(text: str) -> None:
    with pytest.raises(FileRefused, match=r"'.*' is niet goed te lezen.*MS-DOS.*CSV UTF-8"):
        read(csv_of(row(titel=text)).decode().encode("cp850"))


@pytest.mark.parametrize("text", ["één", "€ 5", "financiële"])
def test_a_file_that_is_partly_utf_8_is_refused_with_what_to_do(text: str) -> None:
    content = csv_of(row(titel=text), row(titel="het café in Curaçao")).decode()
    lines = content.encode().splitlines(keepends=True)
    lines[2] = content.splitlines(keepends=True)[2].encode("cp1252")
    with pytest.raises(FileRefused, match=r"deels als UTF-8.*CSV UTF-8"):
        read(b"".join(lines))


@pytest.mark.parametrize(
    "text",
    [
        "foto’s van ‘t gebied – “nu”…",
        "Tilburg–Eindhoven, 20 °C ± 2, 3 m²",
        "ÉÉN CAFÉ, CREËREN, Één à één, Ångström",
        "‘s avonds • punt — streep",
        "Curaçao, être, Zoë’s, Müller, Größe",
        "SÃO PAULO, ‚aanhaling’ en ‚nog een’",
        "Škoda, ŠKODA, Žilina en ŽILINA",
        "de financiële kant van Košice, Miloš en Ždar",
    ],
)
def test_dutch_text_of_windows_is_not_taken_for_that_of_a_mac(text: str) -> None:
    (draft,) = read(csv_of(row(titel=text)).decode().encode("cp1252"))
    assert draft.attributes["data"]["title"] == text


@pytest.mark.parametrize(
    "content",
    [
        csv_of(row(titel="a\0b")),
        csv_of(ROW).decode().encode("utf-32"),
        csv_of(ROW).decode().encode("utf-16")[:-1],
    ],
)
def test_what_is_no_text_is_refused_with_what_to_do(content: bytes) -> None:
    with pytest.raises(FileRefused) as refused:
        read(content)
    assert [one.code for one in refused.value.problems] == ["encoding"]
    assert "CSV UTF-8" in str(refused.value)


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"soort": "Knelpunt"}, ("A2", "kind")),
        ({"soort": ""}, ("A2", "missing")),
        ({"kenmerk": "1,23E+12"}, ("B2", "scientific")),
        ({"zaak": " "}, ("C2", "missing")),
        ({"functies": "Gas en licht"}, ("D2", "function")),
        ({"gebieden": "935"}, ("E2", "area")),
        ({"labeltlp": "ORANJE"}, ("F2", "choice")),
        ({"dreigingen": "vuur"}, ("I2", "choice")),
        ({"ernst": "erg"}, ("J2", "choice")),
        ({"gevondenop": "6/5/2027"}, ("K2", "day")),
        ({"gevondenop": "31-2-2027"}, ("K2", "day")),
        ({"gevondenop": "5-6-27"}, ("K2", "day")),
        ({"gevondenop": "46543"}, ("K2", "serial")),
    ],
)
def test_a_cell_that_is_wrong_is_named(changes: dict[str, str], problem: tuple[str, str]) -> None:
    assert wrong(csv_of(row(**changes))) == [problem]


def test_all_that_is_wrong_is_told_at_once_by_row() -> None:
    content = csv_of(row(ernst="erg", gevondenop="gisteren"), row(kenmerk="K-2"), row(kenmerk="K-3", zaak=""))
    assert wrong(content) == [("J2", "choice"), ("K2", "day"), ("C4", "missing")]


@pytest.mark.parametrize(
    ("content", "problems"),
    [
        (b"", [("", "empty")]),
        (csv_of(), [("", "empty")]),
        (csv_of(ROW[:3], head=HEAD[1:4]), [("", "no_kind")]),
        (csv_of(ROW[:-1], head=HEAD[:-2]), [("K2", "no_heading")]),
        (csv_of((*ROW, "x"), head=(*HEAD, "Extra")), [("M1", "unknown_column")]),
        (csv_of((*ROW, "x"), head=(*HEAD, "titel")), [("M1", "doubled")]),
        (csv_of(ROW, row(soort="Kennis gedeeld", kenmerk="K-2")), [("A3", "other_kind")]),
        (csv_of(ROW, ROW), [("B3", "doubled")]),
        (csv_of(row(kenmerk=""), row(kenmerk="")), [("B3", "same")]),
        (csv_of(ROW) + b'"nooit dicht', [("", "csv")]),
        (csv_of(row(titel="\x81")).decode().encode("latin-1"), [("", "encoding")]),
        (b"PK\x03\x04", [("", "format")]),
    ],
)
def test_a_file_that_is_wrong_is_refused(content: bytes, problems: list[tuple[str, str]]) -> None:
    assert wrong(content) == problems


def test_a_file_with_too_many_rows_is_refused() -> None:
    many = csv_of(*(row(kenmerk=f"K-{number}") for number in range(1001)))
    assert wrong(many) == [("", "too_many")]


def test_the_same_row_is_the_same_event_wherever_it_stands() -> None:
    one, other = row(kenmerk=""), row(kenmerk="", titel="Een ander")
    ids = [draft.attributes["id"] for draft in read(csv_of(one, other))]
    assert ids == [draft.attributes["id"] for draft in read(csv_of(other, one))][::-1]
    assert len(set(ids)) == 2


def test_rows_with_one_key_are_one_event_where_its_type_has_rows() -> None:
    head = ("Soort", "Kenmerk", "Zaak", "Functies", "Gebieden", "Label (TLP)", "Titel", "Samenvatting")
    head += ("Dreigingen", "Standaard", "Openheid", "Afwijking van", "Reden van de afwijking")
    first = ("Stresstest afgerond", "T-1", "test", "electricity", "GM0935", "GREEN", "Test", "Goed", "hitte")
    first += ("Bijsluiter", "openbaar", "Bui 1", "Te klein")
    second = ("", "T-1", *[""] * 9, "Bui 2", "Te kort")
    (draft,) = read(csv_of(first, second, head=head))
    assert draft.rows == [2, 3]
    assert draft.attributes["data"]["deviations"] == [
        {"from_standard": "Bui 1", "reason": "Te klein"},
        {"from_standard": "Bui 2", "reason": "Te kort"},
    ]
    other = ("", "T-1", "andere zaak", *[""] * 8, "Bui 2", "Te kort")
    assert wrong(csv_of(first, other, head=head)) == [("C3", "differs")]


def test_a_reference_is_to_a_row_of_the_party_or_to_a_named_source() -> None:
    head = ("Soort", "Zaak", "Functies", "Gebieden", "Label (TLP)", "Knelpunt (verwijzing)", "Titel", "Hoe")
    head += ("Opgelost op",)
    one = ("Knelpunt opgelost", "s", "electricity", "GM0935", "GREEN", "K-1", "T", "H", "1-1-2028")
    (draft,) = read(csv_of(one, head=head))
    assert draft.attributes["data"]["bottleneck"] == {"source": _SOURCE, "id": "K-1"}
    (draft,) = read(csv_of((*one[:5], f"{_SOURCE[:-10]}zaken K 2", *one[6:]), head=head))
    assert draft.attributes["data"]["bottleneck"] == {"source": f"{_SOURCE[:-10]}zaken", "id": "K 2"}


@pytest.mark.parametrize(
    ("typed", "hours"),
    [("12", 12), ("1.250", 1250), ("12,0", 12), ("12,5", None), ("1.25", None), ("x", None)],
)
def test_whole_numbers_are_read_as_the_dutch_write_them(typed: str, hours: int | None) -> None:
    head = ("Soort", "Zaak", "Functies", "Gebieden", "Label (TLP)", "Titel", "Samenvatting", "Scenario")
    head += ("Dreigingen", "Uren uitval")
    one = ("Impactanalyse gepubliceerd", "s", "oil", "NL", "GREEN", "T", "S", "S", "hitte", typed)
    if hours is None:
        assert wrong(csv_of(one, head=head)) == [("J2", "number")]
    else:
        assert read(csv_of(one, head=head))[0].attributes["data"]["outage_hours"] == hours


@pytest.mark.parametrize(
    ("typed", "moment"),
    [
        ("5-7-2027 14:30", "2027-07-05T14:30:00+02:00"),
        ("5-1-2027 9.05 uur", "2027-01-05T09:05:00+01:00"),
        ("2027-07-05T14:30:00Z", "2027-07-05T14:30:00Z"),
        ("28-3-2027 02:30", None),
        ("5-7-2027", None),
        ("5-7-2027 25:00", None),
    ],
)
def test_moments_are_those_of_dutch_clocks(typed: str, moment: str | None) -> None:
    head = (
        "Soort",
        "Zaak",
        "Functies",
        "Gebieden",
        "Label (TLP)",
        "Titel",
        "Tekst",
        "Dreigingen",
        "Begint om",
    )
    one = ("Risicodialoog gepland", "s", "oil", "NL", "GREEN", "T", "T", "hitte", typed)
    if moment is None:
        assert wrong(csv_of(one, head=head)) == [("I2", "moment")]
    else:
        assert read(csv_of(one, head=head))[0].attributes["data"]["starts_at"] == moment


@pytest.mark.parametrize("kind", FILLED_IN, ids=lambda kind: kind.short)
def test_every_type_has_a_column_of_its_own_for_each_field(kind: object) -> None:
    columns = columns_of(kind)  # type: ignore[arg-type]
    assert len({column.heading for column in columns}) == len(columns)
    assert all(column.heading for column in columns)


def test_an_error_reads_as_a_sentence_with_its_place() -> None:
    with pytest.raises(FileRefused) as refused:
        read(csv_of(row(ernst="erg")))
    assert (
        str(refused.value)
        == "regel 2, kolom 'Ernst', cel J2: 'erg' kan hier niet. Kies uit: laag, midden, hoog"
    )


def test_an_id_can_not_be_made_without_the_key_of_the_hub() -> None:
    content = csv_of(row(kenmerk=""))
    ids = {
        read_file(content, Format.CSV, KNOWN._replace(secret=key))[0].attributes["id"] for key in (b"a", b"b")
    }
    assert len(ids) == 2


def test_who_takes_no_part_any_more_brings_no_file() -> None:
    with pytest.raises(FileRefused) as refused:
        known_in(REGISTER, "gm9999", b"key")
    assert [one.code for one in refused.value.problems] == ["party_ended"]


def _marked(register: Register, *marks: str) -> list[Draft]:
    head = (*HEAD, "Oefening")
    rows = [(*row(kenmerk=f"K-{number}"), mark) for number, mark in enumerate(marks)]
    return read_file(csv_of(*rows, head=head), Format.CSV, known_in(register, "gm0935", b"key"))


@pytest.mark.parametrize(
    ("numbers", "real", "exercise"),
    [
        ({"oin": _REAL}, f"oin:{_REAL}:systeem:bestanden", f"oin:{_REAL}:systeem:oefening-bestanden"),
        (
            {"oin": "", "kvk": "12345678"},
            "kvknr:12345678:systeem:bestanden",
            "kvknr:12345678:systeem:oefening-bestanden",
        ),
        ({}, "oin:00000099100009350000:systeem:bestanden", "oin:00000099100009350000:systeem:bestanden"),
        (
            {"kvk": "12345678"},
            "kvknr:12345678:systeem:bestanden",
            "oin:00000099100009350000:systeem:bestanden",
        ),
    ],
)
def test_the_first_row_says_whether_a_file_is_an_exercise(
    numbers: dict[str, str], real: str, exercise: str
) -> None:
    register = with_facts(HISTORY, HistoryKind.PARTY, "gm0935", **numbers).on(TODAY)
    for marks, expected in (
        (("", ""), real),
        (("ja", ""), exercise),
        (("JA", "ja"), exercise),
        *(((("nee", ""), real), (("", "nee"), real)) if real != exercise else ()),
    ):
        made = _marked(register, *marks)
        assert {one.attributes["source"] for one in made} == {f"urn:nld:{expected}"}, marks
        assert is_exercise(f"urn:nld:{exercise}")
        assert all("exercise" not in one.attributes for one in made)


@pytest.mark.parametrize(
    ("oin", "marks", "code", "cell"),
    [
        (_REAL, ("", "ja"), "mixed", "M3"),
        (_REAL, ("ja", "nee"), "mixed", "M3"),
        (_REAL, ("nee", "ja"), "mixed", "M3"),
        (_REAL, ("misschien", ""), "choice", "M2"),
        ("00000099100009350000", ("nee", ""), "test_oin", "M2"),
    ],
)
def test_a_file_that_is_partly_an_exercise_is_refused(
    oin: str, marks: tuple[str, ...], code: str, cell: str
) -> None:
    register = with_facts(HISTORY, HistoryKind.PARTY, "gm0935", oin=oin).on(TODAY)
    with pytest.raises(FileRefused) as refused:
        _marked(register, *marks)
    assert [(one.code, one.cell) for one in refused.value.problems] == [(code, cell)]
