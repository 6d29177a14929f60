"""A sheet with other rules replaces the cells that it names, or is refused with all that is wrong."""

import pytest

from hub.rules.policy import POLICY, Mode
from hub.rules.policy_sheet import policy_in
from hub.rules.relations import Relation
from schemas.problems import Refused


def test_only_the_cells_of_the_sheet_differ() -> None:
    policy = policy_in(b"\xef\xbb\xbfsoort;relatie;hoe\r\nquestion-raised;Province;direct\r\n\r\n")
    assert policy.rows["question-raised"][Relation.PROVINCE] is Mode.IMMEDIATE
    rest = {short: dict(row) for short, row in policy.rows.items()}
    rest["question-raised"][Relation.PROVINCE] = None
    assert rest == POLICY


def test_everything_that_is_wrong_is_told() -> None:
    with pytest.raises(Refused) as refused:
        policy_in(b"soort,relatie,hoe\nvraag,province,direct\nquestion-raised,buur,soms\nquestion-raised\n")
    assert [(one.field, one.code) for one in refused.value.problems] == [
        ("regel 2", "kind"),
        ("regel 3", "relation"),
        ("regel 3", "how"),
        ("regel 4", "cells"),
    ]


@pytest.mark.parametrize("content", [b"", b"\xff\xfe", b"naam;hoe\n"])
def test_what_is_no_such_sheet_is_refused(content: bytes) -> None:
    with pytest.raises(Refused):
        policy_in(content)
