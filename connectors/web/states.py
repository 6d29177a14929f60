"""States as people see them: a text with a tone, which the page shows as a shape."""

from enum import StrEnum
from typing import Any, NamedTuple

from connectors.web.words import WITHHELD
from hub.rules.states import OnTheWay
from hub.rules.states import State as Delivery
from hub.words import wording


class Tone(StrEnum):
    """How a state feels; each has a shape of its own."""

    WAITING = "waiting"
    DONE = "done"
    STOPPED = "stopped"
    WRONG = "wrong"


class State(NamedTuple):
    """A state in words; `detail` says more where there is more to say."""

    text: str
    tone: Tone
    detail: str = ""


_OF_MAIL = {
    "queued": State("in de wacht", Tone.WAITING),
    "sent": State("verstuurd", Tone.DONE),
    "failed": State("mislukt", Tone.WRONG),
}
_TONES_OF_REQUEST = {
    "waiting": Tone.WAITING,
    "joined-sent": Tone.WAITING,
    "sent": Tone.WAITING,
    "answered": Tone.DONE,
    "not-shared": Tone.STOPPED,
    "declined": Tone.STOPPED,
    "expired": Tone.STOPPED,
    "withdrawn": Tone.STOPPED,
    "withheld": Tone.STOPPED,
}


def of_mail(state: str, last_error: str | None = None) -> State:
    """The state of a mail, with why it did not go out."""
    return _OF_MAIL[state]._replace(detail=last_error or "")


def of_delivery(row: Any) -> State:
    """The state of a delivery: its own, or that of the mail it is in."""
    if row.withheld is not None:
        return State("tegengehouden", Tone.STOPPED, WITHHELD.get(row.withheld, row.withheld))
    return _OF_MAIL[row.mail_state or "queued"]


_TONES_OF_DELIVERY = {
    Delivery.PENDING: Tone.WAITING,
    Delivery.SENT: Tone.DONE,
    Delivery.DELIVERED: Tone.DONE,
    Delivery.ACKNOWLEDGED: Tone.DONE,
    Delivery.FAILED: Tone.WRONG,
    Delivery.GIVEN_UP: Tone.WRONG,
    Delivery.WITHHELD: Tone.STOPPED,
}


def of_way(one: OnTheWay) -> State:
    """How far a delivery is over one way, with why it is stuck."""
    why = WITHHELD.get(one.why, one.why)
    return State(wording.DELIVERY_STATES[one.state], _TONES_OF_DELIVERY[one.state], why)


def of_request(state: str) -> State:
    """The state of a request."""
    return State(wording.REQUEST_STATES[state], _TONES_OF_REQUEST[state])


def of_item(state: str) -> State:
    """The state of an item."""
    return State(wording.ITEM_STATES[state], _TONES_OF_REQUEST[state])
