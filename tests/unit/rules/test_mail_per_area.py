"""Which answers by mail say something of each area apart?"""

import pytest

from hub.rules.mail_in.per_area import rows_of

_NAMES = {
    "GM0935": ["Maastricht"],
    "GM0917": ["Heerlen"],
    "PV26": ["provincie Utrecht", "the province of Utrecht"],
}


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        (
            "Maastricht: drie stations\n\n heerlen : twee: A en B",
            [("GM0935", "drie stations"), ("GM0917", "twee: A en B")],
        ),
        ("provincie Utrecht: geen\nGM0935: 3; 2", [("PV26", "geen"), ("GM0935", "3; 2")]),
        ("The Province of Utrecht: none", [("PV26", "none")]),
        ("Beste,\nMaastricht: drie", []),
        ("Maastricht: drie\nof vier", []),
        ("Maastricht: drie\nMaastricht: vier", []),
        ("Maastricht: drie\nGM0935: vier", []),
        ("Maastricht:\nHeerlen: twee", []),
        ("Utrecht: een", []),
        ("Maastricht drie", []),
        ("", []),
    ],
)
def test_only_lines_of_exact_areas_of_the_question_are_rows(text: str, rows: list[tuple[str, str]]) -> None:
    assert rows_of(text, _NAMES) == rows


def test_a_name_of_two_areas_is_no_row() -> None:
    assert rows_of("Bergen: een", {"GM0373": ["Bergen"], "GM0893": ["Bergen"]}) == []
    assert rows_of("GM0373: een", {"GM0373": ["Bergen"], "GM0893": ["Bergen"]}) == [("GM0373", "een")]
