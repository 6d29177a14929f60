"""What an answer says, given or deposited, as pairs of a label and a text in reading order."""

from hub.register.model import Register
from hub.words.language import speaking
from hub.words.wording import LANGUAGES, area_name, day
from schemas.library import AnswerDepositedData, AnswerRetractedData
from schemas.question import QuestionAnsweredData

Pair = tuple[str, str]


def answer_facts(data: QuestionAnsweredData | AnswerDepositedData, register: Register) -> list[Pair]:
    """The answer, its rows where the answer does not say them itself, in whatever language, until when it
    holds and what it replaces."""
    said = {_name_and_text(line) for line in data.text.splitlines()}
    rows = [
        f"{area_name(row.area, register)}: {row.text}"
        for row in data.per_area
        if said.isdisjoint((name.casefold(), row.text.strip()) for name in area_names(row.area, register))
    ]
    return [
        ("Antwoord", data.text),
        ("Per gebied", "\n".join(rows)),
        ("Geldig tot en met", day(data.valid_until) if data.valid_until else ""),
        ("Vervangt", data.supersedes.id if data.supersedes else ""),
    ]


def area_names(code: str, register: Register) -> set[str]:
    """What an area may be called: its code, and its name in every language."""
    names = {code}
    for language in LANGUAGES:
        with speaking(language):
            names.add(area_name(code, register))
    return names


def _name_and_text(line: str) -> Pair:
    """'name: what holds there', as a row of an area is told."""
    name, _, text = line.partition(":")
    return name.strip().casefold(), text.strip()


def library_facts(data: AnswerDepositedData | AnswerRetractedData, register: Register) -> list[Pair]:
    """What was put in the library, or taken out and why."""
    if isinstance(data, AnswerRetractedData):
        return [("Reden", data.reason), ("Antwoord dat niet meer geldt", data.answer.id)]
    values = ", ".join(f"{name}: {value}" for name, value in data.parameters.items())
    asked = f"{data.standard_question} ({values})" if values else data.standard_question
    return [*answer_facts(data, register), ("Op standaardvraag", asked)]
