"""Information requests: data, maps or documents that an operator is asked for."""

from typing import Literal

from schemas.asking import Asking
from schemas.envelope import Envelope
from schemas.terms import Line, Text


class InformationRequestedData(Asking):
    title: Line
    text: Text
    purpose: Text


class InformationRequested(Envelope):
    type: Literal["nl.vitale-functies.information.requested.v1"]
    data: InformationRequestedData
