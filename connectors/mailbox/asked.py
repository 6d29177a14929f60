"""What an operator is asked in a mail, by item, and what rides along with a bundle."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import NamedTuple
from uuid import UUID

from hub.register.model import Register
from hub.rules.identity import event_key
from hub.rules.relations import Reason
from hub.store.throttle.numbers import Numbers
from schemas.catalogue import Event
from schemas.terms import Tlp


class BundledRequest(NamedTuple):
    """One request in a bundle; requests with the same `item` are one question, about these functions."""

    item: UUID
    functions: Sequence[str]
    event: Event
    asker: str
    areas: Sequence[str]
    reasons: Sequence[Reason]
    link: str


class StillOpen(NamedTuple):
    """What is open of a bundle that left at `slot_at`."""

    numbers: Numbers
    slot_at: datetime
    requests: Sequence[BundledRequest]


class ToRenew(NamedTuple):
    """An answer of the operator that ends soon, and the question that it names, if it names one."""

    key: UUID
    answer: Event
    question: Event | None
    areas: Sequence[str]
    until: date
    link: str


class Along(NamedTuple):
    """What rides along with a bundle that leaves anyway."""

    still_open: Sequence[StillOpen] = ()
    to_renew: Sequence[ToRenew] = ()


NOTHING_ALONG = Along()


def labels(along: Along) -> list[Tlp]:
    """The labels of all that rides along."""
    open_ones = [request.event.tlp for one in along.still_open for request in one.requests]
    return open_ones + [one.answer.tlp for one in along.to_renew]


def events_in(requests: Iterable[BundledRequest], along: Along = NOTHING_ALONG) -> list[UUID]:
    """The keys of all events that a mail tells of."""
    asked = [*requests, *(request for one in along.still_open for request in one.requests)]
    told = [one.event for one in asked] + [one.answer for one in along.to_renew]
    return list(dict.fromkeys(event_key(event.source, event.id) for event in told))


def grouped(requests: Sequence[BundledRequest], register: Register) -> dict[UUID, list[BundledRequest]]:
    """The requests by item, in the order of reading: by function, as they came in each."""
    order: dict[str, int] = {slug: place for place, slug in enumerate(register.functions)}
    items: dict[UUID, list[BundledRequest]] = {}
    for request in sorted(requests, key=lambda one: [order.get(slug, len(order)) for slug in one.functions]):
        items.setdefault(request.item, []).append(request)
    return items
