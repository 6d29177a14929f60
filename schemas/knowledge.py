"""Knowledge that others can use: guides, lessons, data sets."""

from typing import Literal

from schemas.envelope import Data, Envelope
from schemas.terms import Line, Text, Url


class KnowledgeSharedData(Data):
    title: Line
    summary: Text
    link: Url | None = None


class KnowledgeShared(Envelope):
    type: Literal["nl.vitale-functies.knowledge.shared.v1"]
    data: KnowledgeSharedData
