"""What an operator reads about a request: a standard question with why it is asked and the table to fill, and
what is of each asker alone."""

from collections.abc import Iterable
from typing import get_args

from hub.register.model import Register
from hub.rules.asking import normalised
from hub.words.facts import Fact, facts_without_date
from hub.words.language import is_dutch, said
from hub.words.steering_facts import of_asker
from schemas.asking import Asking
from schemas.envelope import Envelope
from schemas.library import AnswerDepositedData
from schemas.question import QuestionRaisedData
from schemas.question_parameter import Language
from schemas.standard_question import StandardQuestion, find_question

_LANGUAGES: tuple[Language, ...] = get_args(Language)


def asked_standard(event: Envelope) -> StandardQuestion | None:
    """The question of the catalogue that the event asks, or is a deposit for. An older event may have a code
    that is not there."""
    data = event.data
    if not isinstance(data, QuestionRaisedData | AnswerDepositedData) or data.standard_question is None:
        return None
    return find_question(data.standard_question, event.functions)


def standard_text(event: Envelope) -> str | None:
    """The question in the words of the catalogue and the language of now, with the parameters of the event
    filled in."""
    return _text_in(_language(), event)


def _language() -> Language:
    return "nl" if is_dutch() else "en"


def _text_in(language: Language, event: Envelope) -> str | None:
    question, data = asked_standard(event), event.data
    if question is None or not isinstance(data, QuestionRaisedData | AnswerDepositedData):
        return None
    return question.asked(data.parameters, language)


def standard_facts(event: Envelope) -> list[Fact]:
    """What the catalogue says to who answers, beside the text; nothing for what is no standard question."""
    question = asked_standard(event)
    if question is None:
        return []
    language = _language()
    columns = "; ".join(column.heading(language) for column in question.columns)
    days = question.valid_days
    return [
        Fact(said("Waarom wij dit vragen"), question.why.of(language)),
        Fact(said("Tabel voor uw antwoord"), said("Een regel per gebied, met: {columns}.", columns=columns)),
        Fact(said("Een goed antwoord"), question.good_answer.of(language)),
        Fact(
            said("Ons advies"),
            said("Label {tlp}; {days} dagen geldig (data.valid_until).", tlp=question.tlp, days=days),
        ),
    ]


def own_words(event: Envelope, register: Register) -> list[Fact]:
    """What an asker adds to the text of the catalogue."""
    same = {normalised(_text_in(language, event) or "") for language in _LANGUAGES}
    own = {said("Vraag"): said("In eigen woorden")}
    return [
        Fact(own.get(fact.label, fact.label), fact.text)
        for fact in facts_without_date(event, register)
        if normalised(fact.text) not in same
    ]


def asker_facts(request: Envelope) -> list[Fact]:
    """What is of the asker of a request alone, but for when it is needed."""
    pairs = of_asker(request.data) if isinstance(request.data, Asking) else []
    return [Fact(said(label), text) for label, text in pairs if text]


def said_by_all(askers: Iterable[list[Fact]]) -> list[Fact]:
    """What every asker says, in the order of the first."""
    first, *others = askers
    return [fact for fact in first if all(fact in other for other in others)]
