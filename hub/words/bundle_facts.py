"""What the hub tells an operator of its bundles, and of answers that it did not pass on, as pairs of a label
and a text in reading order."""

from hub.register.model import Register
from hub.words.language import said
from hub.words.wording import day, moment
from schemas.answer_withheld import AnswerWithheldData
from schemas.bundle import BundledQuestion, BundleReleasedData

Pair = tuple[str, str]

_WITHHELD = {
    "answered-before": "Uw organisatie beantwoordde deze vraag al. Dit antwoord is niet doorgegeven aan "
    "wie haar stelde.",
    "not-asked": "De hub heeft u geen vraag met dit kenmerk gesteld. Uw antwoord is aan niemand doorgegeven.",
}
_TO_DO = {
    "answered-before": "Is dit antwoord beter? Stuur het opnieuw, en noem in data.supersedes het antwoord "
    "dat het vervangt. Ieder die dat kreeg, krijgt dan het nieuwe.",
    "not-asked": "Kijk of het kenmerk in uw antwoord klopt: het staat bij de vraag in uw bundel. Krijgt u "
    "die vraag nog, dan telt uw antwoord vanzelf.",
}


def bundle_facts(data: BundleReleasedData, _: Register) -> list[Pair]:
    """A bundle that left."""
    name = "Spoed, bundel {number}" if data.kind == "urgent" else "Bundel {number}"
    return [
        ("Bundel", said(name, number=data.bundle)),
        ("Verstuurd voor", moment(data.slot_at)),
        ("Deel", said("{part} van {parts}", part=data.part, parts=data.parts) if data.parts > 1 else ""),
        ("Vragen", "\n".join(_question(data.bundle, one) for one in data.questions)),
    ]


def _question(bundle: int, one: BundledQuestion) -> str:
    line = f"{bundle}-{one.number}: {' '.join(one.text.split())}"
    return f"{line} ({said('nodig op {day}', day=day(one.needed_by))})" if one.needed_by else line


def withheld_facts(data: AnswerWithheldData, _: Register) -> list[Pair]:
    """An answer that was not passed on."""
    return [
        ("Wat er is", said(_WITHHELD[data.why])),
        ("Wat u kunt doen", said(_TO_DO[data.why])),
        ("Uw antwoord", data.answer.id),
        ("Het antwoord dat geldt", data.settled_by.id if data.settled_by else ""),
        ("Gegeven door", data.settled_by.source if data.settled_by else ""),
        ("Beantwoord op", moment(data.settled_at) if data.settled_at else ""),
    ]
