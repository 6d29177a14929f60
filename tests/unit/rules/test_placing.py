"""Where a new request goes."""

import pytest

from hub.rules.placing import Place, place


@pytest.mark.parametrize(
    ("open_item", "answer_serves", "where"),
    [
        (None, False, Place.NEW),
        ("answered", False, Place.NEW),
        ("expired", False, Place.NEW),
        ("waiting", False, Place.JOINED),
        ("sent", False, Place.JOINED_SENT),
        (None, True, Place.ANSWERED),
        ("waiting", True, Place.ANSWERED),
        ("sent", True, Place.ANSWERED),
    ],
)
def test_an_answer_that_holds_goes_first_then_an_open_item(
    open_item: str | None, answer_serves: bool, where: Place
) -> None:
    assert place(open_item, answer_serves=answer_serves) is where
