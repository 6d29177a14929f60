"""What does an asker publish to ask the same as a question that he may see, so that the two are one?"""

from collections.abc import Sequence
from typing import NamedTuple

from hub.register.model import Register
from hub.rules.asking import normalised
from hub.rules.clearance import is_classified
from hub.rules.exercises import apart
from schemas.library import AnswerDeposited
from schemas.question import QuestionRaised
from schemas.standard_question import find_question
from schemas.terms import Tlp


class Ask(NamedTuple):
    """What of an event decides its merge key: published so, it joins. A standard question has its code, and
    the areas of who asks; a free one has the areas of the question that it joins."""

    functions: tuple[str, ...]
    areas: tuple[str, ...]
    text: str
    asked: tuple[str, ...] = ()
    tlp: Tlp | None = None
    recipients: tuple[str, ...] = ()
    standard_question: str | None = None
    parameters: tuple[tuple[str, str], ...] = ()


def text_of(question: QuestionRaised | AnswerDeposited) -> str:
    """The question in the words of the catalogue, where it has them; else in its own."""
    data = question.data
    standard = data.standard_question and find_question(data.standard_question, question.functions)
    return standard.asked(data.parameters) if standard else data.text


def ask_of(
    question: QuestionRaised | AnswerDeposited, operator: str | None, areas: Sequence[str]
) -> Ask | None:
    """What to publish to join the question; None: nobody else can, since it is classified. A deposit is of
    its operator, and serves under any label."""
    data, functions = question.data, tuple(str(one) for one in question.functions)
    parameters = tuple(sorted(data.parameters.items()))
    if isinstance(question, AnswerDeposited):
        named = (operator,) if operator else ()
        text = text_of(question)
        return Ask(functions, tuple(areas), text, named, None, (), data.standard_question, parameters)
    if is_classified(question.tlp):
        return None
    about = tuple(areas) if data.standard_question else question.areas
    return Ask(
        functions,
        about or question.areas,
        data.text,
        question.data.asked,
        question.tlp,
        tuple(data.recipients),
        data.standard_question,
        parameters,
    )


def same_ask(ask: Ask) -> tuple[object, ...]:
    """Equal for those of which one is enough to show."""
    said = ask.standard_question or normalised(ask.text)
    about = () if ask.standard_question else tuple(sorted(ask.areas))
    return said, ask.parameters, tuple(sorted(ask.functions)), about, ask.tlp, tuple(sorted(ask.recipients))


def one_reality(source: str, party: str, register: Register) -> bool:
    """Whether the party and who published under this source may meet: an exercise and what is real never are
    one question."""
    return apart(source, register.parties[party]) is None
