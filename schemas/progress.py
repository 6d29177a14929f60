"""Progress of a function through the cycle, in the frame of the yearly progress reports."""

from typing import Literal

from schemas.envelope import Data, Envelope
from schemas.terms import Day, Line, Text


class ProgressReportedData(Data):
    """What was agreed, what was done in the period, and what is planned, for one step of the cycle:
    `know` (weten), `want` (willen) or `work` (werken)."""

    title: Line
    step: Literal["know", "want", "work"]
    period_from: Day
    period_until: Day
    agreed: Text
    done: Text
    planned: Text


class ProgressReported(Envelope):
    type: Literal["nl.vitale-functies.progress.reported.v1"]
    data: ProgressReportedData
