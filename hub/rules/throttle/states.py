"""What may become of an item? A table of what each step leads to; the states are those of requests too."""

from collections.abc import Iterable, Mapping
from enum import StrEnum

_Table = Mapping[tuple["State | None", "Step"], "State"]


class State(StrEnum):
    """States of requests, items and bundles; what is not in a thing's table never happens to it."""

    WAITING = "waiting"
    JOINED_SENT = "joined-sent"
    SENT = "sent"
    POSTPONED = "postponed"
    REFUSED = "refused"
    ANSWERED = "answered"
    NOT_SHARED = "not-shared"
    DECLINED = "declined"
    EXPIRED = "expired"
    WITHDRAWN = "withdrawn"
    WITHHELD = "withheld"
    RELEASED = "released"
    CLOSED = "closed"


class Step(StrEnum):
    """What happens to a request, an item or a bundle. A request that is received goes on in the same step:
    it is refused, served from the library, waits, or joins what is with the operator."""

    REFUSE = "refuse"
    SERVE = "serve-from-library"
    WAIT = "wait"
    JOIN_SENT = "join-what-was-sent"
    SEND = "send"
    ANSWER = "answer"
    NOT_SHARE = "answer-for-others"
    MERGE = "merge-with-what-was-sent"
    REOPEN = "is-not-answered-by-what-it-joined"
    DECLINE = "decline"
    CONFIRM = "confirm-asking-again"
    POSTPONE = "postpone"
    RESUME = "resume"
    EXPIRE = "expire"
    WITHDRAW = "withdraw"
    WITHHOLD = "withhold"
    REMIND = "remind"
    CLOSE = "close"


class Not(StrEnum):
    """Why a step is not taken."""

    RECEIVED_BEFORE = "was-received-before"
    WITHDRAWN_BEFORE = "was-withdrawn-before-it-came"
    ENDED = "has-ended"
    NOT_SENT = "has-not-been-sent"
    SENT_ALREADY = "has-been-sent"
    UNKNOWN = "is-not-known-yet"
    NOT_POSTPONED = "was-not-postponed"


RECEIVING = frozenset({Step.REFUSE, Step.SERVE, Step.WAIT, Step.JOIN_SENT})
OPEN = frozenset({State.WAITING, State.JOINED_SENT, State.SENT, State.POSTPONED, State.RELEASED})
ENDS = {
    Step.ANSWER: State.ANSWERED,
    Step.DECLINE: State.DECLINED,
    Step.EXPIRE: State.EXPIRED,
    Step.WITHDRAW: State.WITHDRAWN,
    Step.WITHHOLD: State.WITHHELD,
}
_OF_ITEM: _Table = {
    (None, Step.WAIT): State.WAITING,
    (State.WAITING, Step.SEND): State.SENT,
    (State.SENT, Step.POSTPONE): State.POSTPONED,
    (State.POSTPONED, Step.RESUME): State.WAITING,
    (State.SENT, Step.REMIND): State.SENT,
    **{
        (state, step): end
        for state in (State.WAITING, State.SENT, State.POSTPONED)
        for step, end in ENDS.items()
    },
    (State.ANSWERED, Step.ANSWER): State.ANSWERED,
    (State.DECLINED, Step.ANSWER): State.ANSWERED,
}


def of_item(state: State | None, step: Step) -> State | Not:
    """What a step makes of an item. An answer to one that ended otherwise goes to the library only."""
    return _OF_ITEM.get((state, step)) or why_not(state, step)


def why_not(state: State | None, step: Step) -> Not:
    """Why a step is not taken in this state."""
    if state is None:
        return Not.UNKNOWN
    if step in RECEIVING:
        return Not.WITHDRAWN_BEFORE if state is State.WITHDRAWN else Not.RECEIVED_BEFORE
    if state not in OPEN:
        return Not.ENDED
    if step is Step.RESUME:
        return Not.NOT_POSTPONED
    return Not.SENT_ALREADY if step is Step.SEND else Not.NOT_SENT


def item_without_askers(requests: Iterable[State]) -> Step | None:
    """What happens to an item when its requests are in these states: nothing while one of them is open, else
    it ends as the last of them did: by its time, or withdrawn."""
    states = set(requests)
    if states & OPEN:
        return None
    return Step.WITHDRAW if states <= {State.WITHDRAWN} else Step.EXPIRE


def may_follow_up(state: State) -> bool:
    """Whether 'not enough' may be said: a new request, linked to one that got an answer or a decline."""
    return state in (State.ANSWERED, State.NOT_SHARED, State.DECLINED)
