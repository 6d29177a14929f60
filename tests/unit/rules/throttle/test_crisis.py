"""In a crisis there is one sheet, and nobody asks."""

from datetime import timedelta

import pytest

from hub.rules.throttle.crisis import (
    LASTS,
    Joining,
    Opening,
    Reading,
    Sheet,
    join,
    may_read,
    open_sheet,
    renewed,
    widened,
)
from schemas.terms import FunctionSlug, Tlp
from tests.registers import REGISTER
from tests.unit.rules.throttle.lines import START

SHEET = Sheet(
    "enexis",
    FunctionSlug.ELECTRICITY,
    "hoogwater-limburg",
    ("VR24",),
    Tlp.AMBER,
    START,
    START + LASTS,
)
HOUR = timedelta(hours=1)


@pytest.mark.parametrize(
    ("changed", "hours", "found"),
    [
        ({}, 1, Opening.OPEN_ALREADY),
        ({}, 72, Opening.OPENED),
        ({"crisis": "storm"}, 1, Opening.OPENED),
        ({"function": FunctionSlug.NATURAL_GAS}, 1, Opening.OPENED),
        ({"operator": "tennet"}, 1, Opening.OPENED),
        ({"crisis": " "}, 1, Opening.NO_CRISIS),
    ],
)
def test_p01_a_sheet_is_opened_once_and_names_its_crisis(
    changed: dict[str, object], hours: int, found: Opening
) -> None:
    assert open_sheet(SHEET._replace(**changed), [SHEET], START + hours * HOUR) is found


@pytest.mark.parametrize(
    ("changed", "hours", "areas"),
    [
        ({"areas": ("VR23",)}, 1, ("VR24", "VR23")),
        ({"areas": ("VR23", "VR24")}, 1, ("VR24", "VR23")),
        ({"areas": ("VR23",), "tlp": Tlp.CLEAR}, 1, ("VR24", "VR23")),
        ({"areas": ("VR23",), "tlp": Tlp.RED}, 1, ("VR24",)),
        ({"areas": ("VR23",)}, 72, ("VR24",)),
        ({}, 1, ("VR24",)),
    ],
)
def test_an_open_sheet_is_widened_unless_fewer_may_know(
    changed: dict[str, object], hours: int, areas: tuple[str, ...]
) -> None:
    how, wider = widened(SHEET, SHEET._replace(**changed), START + hours * HOUR)
    assert wider == SHEET._replace(areas=areas)
    assert how is (Opening.OPEN_ALREADY if areas == SHEET.areas else Opening.WIDENED)


def test_a_sheet_ends_after_three_days_unless_it_is_renewed() -> None:
    assert SHEET.is_open(START + 71 * HOUR)
    assert not SHEET.is_open(START + 72 * HOUR)
    how, longer = renewed(SHEET, START + 71 * HOUR)
    assert (how, longer.until) == (Opening.RENEWED, START + 143 * HOUR)
    assert renewed(SHEET, START + 72 * HOUR) == (Opening.ENDED, SHEET)


@pytest.mark.parametrize(
    ("functions", "areas", "hours", "standard", "found"),
    [
        (["electricity"], ["GM0935"], 1, True, Joining.JOINED),
        (["electricity"], ["GM0935"], 72, True, Joining.ENDED),
        (["natural-gas"], ["GM0935"], 1, True, Joining.OTHER_FUNCTION),
        (["electricity"], ["GM0935", "GM0363"], 1, True, Joining.OTHER_AREA),
        (["electricity"], ["PV31"], 1, True, Joining.OTHER_AREA),
        (["electricity"], ["GM9999"], 1, True, Joining.OTHER_AREA),
        (["electricity"], ["GM0935"], 1, False, Joining.OWN_QUESTION),
    ],
)
def test_a_standard_question_about_the_crisis_joins_the_sheet(
    functions: list[str], areas: list[str], hours: int, standard: bool, found: Joining
) -> None:
    now = START + hours * HOUR
    assert join(SHEET, functions, areas, now, REGISTER, is_standard=standard) is found


@pytest.mark.parametrize(
    ("party", "tlp", "found"),
    [
        ("gm0935", Tlp.AMBER, Reading.MAY),
        ("enexis", Tlp.RED, Reading.MAY),
        ("gm0935", Tlp.RED, Reading.NOT_ENTITLED),
        ("gm0363", Tlp.GREEN, Reading.NOT_ENTITLED),
        ("nobody", Tlp.CLEAR, Reading.NOT_REGISTERED),
    ],
)
def test_the_sheet_is_read_by_who_needs_it_there(party: str, tlp: Tlp, found: Reading) -> None:
    assert may_read(SHEET._replace(tlp=tlp), party, REGISTER) is found
