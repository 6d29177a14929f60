"""Who gets an answer, and when does an earlier answer serve?"""

from collections.abc import Iterable
from datetime import date

from schemas.question import QuestionAnsweredData
from schemas.terms import Tlp


def may_receive_answer(tlp: Tlp, asker: str, *, is_addressed: bool, named: Iterable[str]) -> bool:
    """An open answer serves all who asked the same. A closed one serves the asker that it answers (AMBER) and
    those whom its author names."""
    if tlp in (Tlp.CLEAR, Tlp.GREEN) or asker in set(named):
        return True
    return tlp is Tlp.AMBER and is_addressed


def serves(answer: QuestionAnsweredData, areas: Iterable[str], today: date) -> bool:
    """Whether an earlier answer still holds and has a row for each of these areas."""
    covered = {row.area for row in answer.per_area}
    return (answer.valid_until is None or answer.valid_until >= today) and set(areas) <= covered
