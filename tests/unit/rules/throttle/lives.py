"""What may become of a request and of a bundle, as the laws say it; the tests hold the hub against it."""

from collections.abc import Iterable, Mapping

from hub.rules.throttle.states import ENDS, Not, State, Step, why_not

_Table = Mapping[tuple[State | None, Step], State]

_OF_REQUEST: _Table = {
    (None, Step.REFUSE): State.REFUSED,
    (None, Step.SERVE): State.ANSWERED,
    (None, Step.WAIT): State.WAITING,
    (None, Step.JOIN_SENT): State.JOINED_SENT,
    (None, Step.WITHDRAW): State.WITHDRAWN,
    (State.WAITING, Step.SEND): State.SENT,
    (State.SENT, Step.POSTPONE): State.WAITING,
    (State.JOINED_SENT, Step.POSTPONE): State.WAITING,
    (State.WAITING, Step.MERGE): State.JOINED_SENT,
    (State.JOINED_SENT, Step.REOPEN): State.WAITING,
    **{
        (state, step): end
        for state in (State.WAITING, State.JOINED_SENT, State.SENT)
        for step, end in {**ENDS, Step.NOT_SHARE: State.NOT_SHARED}.items()
    },
    # An earlier decline kept it from the operator, until a coordinator confirmed it.
    (State.DECLINED, Step.CONFIRM): State.WAITING,
    # A later answer replaces an earlier one, a decline, and an answer that was not for this asker.
    (State.ANSWERED, Step.ANSWER): State.ANSWERED,
    (State.DECLINED, Step.ANSWER): State.ANSWERED,
    (State.NOT_SHARED, Step.ANSWER): State.ANSWERED,
}
_OF_BUNDLE: _Table = {
    (None, Step.SEND): State.RELEASED,
    (State.RELEASED, Step.REMIND): State.RELEASED,
    (State.RELEASED, Step.CLOSE): State.CLOSED,
}


def of_request(state: State | None, step: Step) -> State | Not:
    """What a step makes of a request, or why it is not taken. None: the request has not been received."""
    return _OF_REQUEST.get((state, step)) or why_not(state, step)


def of_bundle(state: State | None, step: Step) -> State | Not:
    """What a step makes of a bundle."""
    return _OF_BUNDLE.get((state, step)) or why_not(state, step)


def bundle_when(items: Iterable[State]) -> Step | None:
    """What happens to a bundle when its items are in these states: it closes with the last open one."""
    return None if State.SENT in set(items) else Step.CLOSE
