"""Who gets an answer, and what does it leave open?"""

from collections.abc import Iterable

from hub.register.model import Register
from hub.rules.clearance import may_know
from hub.rules.relations import Reason, Relation
from hub.rules.ties import relations
from schemas.catalogue import Answer, ByOperator
from schemas.question import QuestionAnsweredData
from schemas.situation import SituationReported
from schemas.terms import Tlp


def reasons_to_answer(
    answer: Answer | ByOperator | SituationReported, asker: str, register: Register, *, is_addressed: bool
) -> tuple[Reason, ...]:
    """Why this asker receives the answer, or what its operator says instead; none: it may not.

    An open answer is for all who asked the same; a closed one for the asker that it answers (AMBER), for whom
    its author names, and for whom it concerns by itself."""
    if asker not in register.parties:
        return ()
    clearance = register.parties[asker].clearance
    as_asker = is_addressed or answer.tlp in (Tlp.CLEAR, Tlp.GREEN)
    if as_asker and may_know(answer.tlp, clearance, {Relation.ASKER}).allowed:
        return (Reason(Relation.ASKER),)
    own = tuple(reason for party, reason in relations(answer, register) if party == asker)
    return own if may_know(answer.tlp, clearance, {reason.relation for reason in own}).allowed else ()


def leaves_open(answer: QuestionAnsweredData, areas: Iterable[str], seen_about: Iterable[str]) -> bool:
    """Whether a request that joined after the operator had seen the question is about an area that neither
    the operator saw nor the answer covers."""
    return not set(areas) <= {row.area for row in answer.per_area} | set(seen_about)
