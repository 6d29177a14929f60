"""What the store takes for urgent is what the rules call urgent."""

import pytest

from hub.rules.digesting import Urgency, urgency
from hub.store.deliveries.audiences import URGENT_IF_SAID, URGENT_TYPES
from schemas.catalogue import CATALOGUE, EventType
from tests.events import event


@pytest.mark.parametrize("row", CATALOGUE, ids=lambda row: row.short)
def test_the_store_knows_each_type_that_can_be_urgent(row: EventType) -> None:
    can_say_so = "urgent" in row.model.model_fields["data"].annotation.model_fields  # type: ignore[union-attr]
    assert (row.type in URGENT_IF_SAID) == can_say_so
    if not can_say_so:
        assert (row.type in URGENT_TYPES) == (urgency(event(row.short)) is Urgency.URGENT)
