"""May this event come in? The checks that need the register: who sends, about where, to whom."""

from collections.abc import Mapping
from datetime import date
from functools import cache
from typing import Any

from hub.register.kinds import HUB, PartyKind, RoleKind
from hub.register.model import AreaFacts, Former, Register, Role
from hub.rules import asking
from hub.rules.bottlenecks import Amendment, may_amend
from hub.rules.clearance import is_classified
from hub.rules.depositing import amiss_with_library
from hub.rules.exercises import EXERCISE, ONLY_EXERCISES, apart
from hub.rules.naming import Named, named, names_more, readable
from hub.rules.pointing import may_point, other_world
from hub.rules.relations import publisher
from hub.rules.serving import asked_elsewhere
from hub.rules.standard_questions import asked_amiss, is_asked
from hub.rules.standing import without_standing
from hub.rules.steering import amiss_with_steering
from schemas.catalogue import BY_TYPE, Answer, LibraryChange, Plan, Request, Situation, Steering
from schemas.envelope import Envelope, is_in_doubt
from schemas.ministry_consultation import MinistryConsultationRequestedData
from schemas.problems import Problem


def admission(event: Envelope, register: Register) -> list[Problem]:
    """Every reason to refuse the event, all at once; none: it may come in. What ended is no reason: the event
    may have been taken in before."""
    problems = _sender(event, register) + _unknown(named(event), register) + _parties(event, register)
    if is_classified(event.tlp) and not event.data.recipients and not _names_asked(event):
        problems.append(
            Problem(
                "data/recipients", "no_recipients", f"ontbreekt: bij TLP:{event.tlp} noemt u wie mag weten"
            )
        )
    if isinstance(event, Amendment) and not may_amend(event, register):
        problems.append(
            Problem(
                "data/bottleneck/source",
                "not_your_bottleneck",
                "wijst naar een knelpunt van een ander. Dat werkt alleen bij of lost alleen op wie het vond, "
                "of wie van elke genoemde functie kernteam, coördinator, verantwoordelijk ministerie of "
                "beheerder is, en elk genoemd gebied geheel bedient",
            )
        )
    problems += other_world(event)
    problems += amiss_with_library(event, register) + amiss_with_steering(event, register)
    if not problems and isinstance(event, Request) and not asking.asked_operators(event, register):
        problems.append(
            Problem(
                "data/asked",
                "nobody_asked",
                "het register kent geen beheerder van deze functie in dit gebied die dit mag weten; "
                "noem in 'asked' aan wie u het vraagt",
            )
        )
    return problems


def too_late(event: Envelope, register: Register, today: date) -> list[Problem]:
    """Every reason, next to `admission`, to refuse an event that comes in on this day. What was taken in
    before is not held to them: since then what it names may have ended, its day may be over, or who serves or
    governs what area may have changed."""
    return _no_longer(event, register) + _past(event, today)


def depends_on_envelope(event: Envelope) -> bool:
    """Whether `admission`, `too_late` and `sender_of` say the same of any two such events of one kind with
    the same source, functions, areas and label: nothing in their data matters to them."""
    return not event.data.recipients and _is_told_by_envelope(type(event))


@cache
def _is_told_by_envelope(kind: type[Envelope]) -> bool:
    data: Any = kind.model_fields["data"].annotation
    return not (
        names_more(kind)
        or issubclass(kind, Request | Steering | Situation | Plan | LibraryChange | Answer)
        or may_point(data)
        or is_asked(data)
    )


def intake_problems(event: Envelope, register: Register) -> list[Problem]:
    """Every reason to refuse a new event, on any day."""
    return admission(event, register) + _no_longer(event, register)


def _no_longer(event: Envelope, register: Register) -> list[Problem]:
    problems = _in_doubt(event) + outdated(event, register) + asked_amiss(event)
    if isinstance(event, Request):
        problems += _asked_across(event, register) + asked_elsewhere(event, register)
        problems += without_standing(event, register)
    return problems


def _in_doubt(event: Envelope) -> list[Problem]:
    if not is_in_doubt(event.source):
        return []
    detail = (
        "telt als echt, en heeft toch 'oefening' in de naam: schrijf voor een oefening "
        "'oefening-<naam>' achter ':systeem:', of geef een echt systeem een andere naam"
    )
    return [Problem("source", "unclear_exercise", detail)]


def _past(event: Envelope, today: date) -> list[Problem]:
    needed_by = event.data.needed_by if isinstance(event, Request) else None
    if needed_by is None or needed_by >= today:
        return []
    detail = f"ligt voor vandaag ({today}): noem een latere dag, of laat het veld weg"
    return [Problem("data/needed_by", "past", detail)]


def outdated(event: Envelope, register: Register) -> list[Problem]:
    """What the event names that has ended."""
    return _outdated(named(event), register)


def _outdated(one: Named, register: Register) -> list[Problem]:
    problems = [
        Problem(field, "area_ended", _ended(area, register.former[area]))
        for field, area in one.areas
        if area in register.former
    ]
    problems += [
        Problem(field, "party_ended", f"'{slug}' doet niet meer mee sinds {register.former[slug].until}")
        for field, slug in one.parties
        if slug in register.former
    ]
    sender = publisher(one.source, register) if one.source else None
    if sender is not None and sender in register.former:
        until = register.former[sender].until
        detail = f"hoort bij '{sender}', dat niet meer meedoet sinds {until}"
        problems.append(Problem("source", "party_ended", detail))
    return problems


def _ended(area: str, former: Former) -> str:
    successors = former.facts.successors if isinstance(former.facts, AreaFacts) else ()
    instead = f"; gebruik {' of '.join(successors)}" if successors else ""
    return f"gebied '{area}' bestaat niet meer sinds {former.until}{instead}"


def sender_of(event: Envelope, party: str, register: Register) -> Problem | None:
    """Why this authenticated party may not publish from the event's source; None: it may."""
    if BY_TYPE[event.type].by_hub or party == HUB:
        return _hub_only(event)
    return _not_yours(event.source, party, register)


def _not_yours(source: str, party: str, register: Register) -> Problem | None:
    if publisher(source, register) == party:
        return None
    return Problem(
        "source", "not_your_source", f"hoort niet bij '{party}': gebruik uw eigen OIN of KvK-nummer"
    )


def _hub_only(event: Envelope) -> Problem:
    if BY_TYPE[event.type].by_hub:
        return Problem("type", "hub_only", "meldt alleen de hub zelf")
    return Problem("source", "hub_only", "is van de hub zelf, die dit soort gebeurtenis niet meldt")


def readable_problems(
    attributes: Mapping[str, Any], register: Register, party: str | None = None
) -> list[Problem]:
    """What the register says against an event that is already refused for its form, so that its sender hears
    all at once; `party` is the sender, where it has shown who it is."""
    read = readable(attributes)
    wrong: Problem | None = None
    if read.source is not None:
        sender = _unknown_source(read.source, register)
        wrong = _not_yours(read.source, party, register) if party else sender
    return [*([wrong] if wrong else []), *_unknown(read, register), *_outdated(read, register)]


def _unknown(one: Named, register: Register) -> list[Problem]:
    problems = [
        Problem(field, "unknown_area", f"'{area}' is geen gebied in het register")
        for field, area in one.areas
        if area not in register.areas and area not in register.former
    ]
    problems += [
        Problem(field, "unknown_party", f"'{slug}' is geen partij in het register")
        for field, slug in one.parties
        if slug not in register.parties and slug not in register.former
    ]
    return problems


def _sender(event: Envelope, register: Register) -> list[Problem]:
    sender = publisher(event.source, register)
    if BY_TYPE[event.type].by_hub is not (sender == HUB):
        return [_hub_only(event)]
    wrong = _unknown_source(event.source, register) if sender is None else None
    return [wrong] if wrong else []


def _unknown_source(source: str, register: Register) -> Problem | None:
    if publisher(source, register) is not None:
        return None
    return Problem("source", "unknown_source", "hoort bij geen partij in het register")


def _parties(event: Envelope, register: Register) -> list[Problem]:
    problems: list[Problem] = []
    if isinstance(event, Request):
        problems += [
            Problem(field, "no_operator", f"'{slug}' is geen beheerder van een functie")
            for field, slug in named(event).parties
            if field.startswith("data/asked/") and slug in register.parties and slug not in register.operators
        ]
        problems += _asked_by_a_side_door(event, register)
    if isinstance(event.data, MinistryConsultationRequestedData):
        slug = event.data.ministry
        if slug in register.parties and register.parties[slug].kind is not PartyKind.MINISTRY:
            problems.append(Problem("data/ministry", "no_ministry", f"'{slug}' is geen ministerie"))
    return problems


def _asked_by_a_side_door(request: Request, register: Register) -> list[Problem]:
    """An operator is asked in 'asked', never as a recipient: only then does its budget hold."""
    if not all(slug in register.parties for slug in request.data.asked):
        return []
    if not request.data.recipients:
        return []
    asked = {one.operator for one in asking.asked_operators(request, register)}
    operates = {
        slug
        for slug in request.data.recipients
        for function in request.functions
        if Role(slug, function, RoleKind.OPERATOR) in register.held_roles
    }
    return [
        Problem(f"data/recipients/{i}", "operator_not_asked", f"'{slug}' is beheerder: noem die in 'asked'")
        for i, slug in enumerate(request.data.recipients)
        if slug in register.parties
        and slug not in asked
        and (slug in operates or register.parties[slug].kind is PartyKind.OPERATOR)
    ]


def _asked_across(request: Request, register: Register) -> list[Problem]:
    """An exercise asks nobody who is real, nor the other way around."""
    return [
        Problem(f"data/asked/{i}", f"asked_{why.replace('-', '_')}", f"'{slug}' {_APART[why]}")
        for i, slug in enumerate(request.data.asked)
        if slug in register.parties and (why := apart(request.source, register.parties[slug]))
    ]


_APART = {
    EXERCISE: "is echt, en dit is een oefening: vraag het een partij met een OIN voor tests (00000099...)",
    ONLY_EXERCISES: "is er alleen voor oefeningen, en dit is echt",
}


def _names_asked(event: Envelope) -> bool:
    return isinstance(event, Request) and bool(event.data.asked)
