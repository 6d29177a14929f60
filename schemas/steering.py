"""What askers, operators and coordinators say of a request that was made."""

from typing import Literal

from schemas.envelope import Data, Envelope, EventRef
from schemas.terms import Day, PartySlug, Text


class OfRequest(Data):
    """`request` is the request that this is about: of a request by many, any of them."""

    request: EventRef


class RequestWithdrawnData(OfRequest):
    """Its asker no longer needs an answer, of any operator. Who asked the same still waits."""

    reason: Text | None = None


class RequestWithdrawn(Envelope):
    type: Literal["nl.vitale-functies.request.withdrawn.v1"]
    data: RequestWithdrawnData


class RequestDeclinedData(OfRequest):
    """The operator does not answer, and says why: who asks the same until `valid_until` hears it at once."""

    reason: Text
    valid_until: Day | None = None


class RequestDeclined(Envelope):
    type: Literal["nl.vitale-functies.request.declined.v1"]
    data: RequestDeclinedData


class RequestPostponedData(OfRequest):
    """The operator takes the question up again in its first bundle on or after `until`."""

    until: Day
    reason: Text


class RequestPostponed(Envelope):
    type: Literal["nl.vitale-functies.request.postponed.v1"]
    data: RequestPostponedData


class RequestReferredData(OfRequest):
    """Another operator can answer this: `to` is asked instead, at its own pace."""

    to: PartySlug
    reason: Text


class RequestReferred(Envelope):
    type: Literal["nl.vitale-functies.request.referred.v1"]
    data: RequestReferredData


class RequestConfirmedData(OfRequest):
    """The coordinator confirms that the request can't wait, or may be asked again after a decline."""

    reason: Text


class RequestConfirmed(Envelope):
    type: Literal["nl.vitale-functies.request.confirmed.v1"]
    data: RequestConfirmedData


class TwoQuestions(Data):
    """`one` and `other` are requests to the operator `asked`, each with all who ask the same."""

    asked: PartySlug
    one: EventRef
    other: EventRef
    reason: Text | None = None


class QuestionsMerged(Envelope):
    type: Literal["nl.vitale-functies.questions.merged.v1"]
    data: TwoQuestions


class QuestionsSeparated(Envelope):
    type: Literal["nl.vitale-functies.questions.separated.v1"]
    data: TwoQuestions
