"""Every transition of the throttle has its record, and stands in the table of the laws."""

import re
from pathlib import Path

import pytest

_RECORDED = re.compile(r'Entry\(\s*"([a-z-]+)"')
_TABLE = Path("docs/explanation/throttle-laws.md").read_text().split("## Transitions")[1].split("\n## ")[0]
_OF_THE_THROTTLE = (*Path("consumers/throttle").glob("*.py"), Path("consumers/mail/bundling.py"))
_KINDS = sorted({kind for path in _OF_THE_THROTTLE for kind in _RECORDED.findall(path.read_text())})


def test_the_throttle_makes_records() -> None:
    assert len(_KINDS) > 20


@pytest.mark.parametrize("kind", _KINDS)
def test_each_record_of_the_throttle_is_in_the_table_of_transitions(kind: str) -> None:
    assert f"`{kind}`" in _TABLE
