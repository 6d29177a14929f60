"""Who is asked, and when are two requests the same question?"""

import hashlib
import hmac
import re
import unicodedata
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from hub.register.kinds import RoleKind
from hub.register.model import Register, Role
from hub.rules.clearance import is_classified, may_know
from hub.rules.exercises import apart
from hub.rules.identity import canonical
from hub.rules.relations import Relation, publisher
from schemas.catalogue import Request
from schemas.envelope import is_exercise
from schemas.information import InformationRequestedData
from schemas.library import AnswerDeposited
from schemas.question import QuestionRaisedData
from schemas.standard_question import find_question
from schemas.terms import FunctionSlug

_INVISIBLE = re.compile("[\u00ad\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u206f\ufeff]")
_DASHES = str.maketrans(dict.fromkeys("‐‑‒–—−﹣－", "-"))
_PUNCTUATION = re.compile(r"(?!(?<!\w)-\d)[^\w\s<>≤≥=≠±]")
"""All but letters, digits, blanks, and the signs that change what a number says: minus, less, more, equal."""


class AskedOperator(NamedTuple):
    """One operator that a request asks: about which of its functions, in which of the named areas."""

    operator: str
    functions: tuple[str, ...]
    areas: tuple[str, ...]


def asked_operators(request: Request, register: Register) -> list[AskedOperator]:
    """The operators that a request reaches: those named, else those of its functions in its areas.

    Nobody asks himself, nobody is asked what he may not know, and an exercise asks nobody who is real.
    """
    own = publisher(request.source, register)
    named = request.data.asked
    found: dict[str, dict[str, None]] = {slug: {} for slug in named}
    for function in request.functions:
        for operator in _named(named, function, register) if named else _near(request, function, register):
            found.setdefault(operator, {})[function] = None
    asked = []
    for slug, functions in found.items():
        if slug not in register.parties:
            continue
        served = register.parties[slug].areas
        areas = tuple(a for a in request.areas if register.meeting_area(served, [a]))
        if slug != own and may_be_asked(request, slug, register) and (areas or slug in named):
            about = tuple(functions) or (request.lead_function,)
            asked.append(AskedOperator(slug, about, areas or request.areas))
    return asked


def _named(slugs: Iterable[str], function: FunctionSlug, register: Register) -> list[str]:
    return [slug for slug in slugs if Role(slug, function, RoleKind.OPERATOR) in register.held_roles]


def _near(request: Request, function: FunctionSlug, register: Register) -> list[str]:
    roles = (role for area in request.areas for role in register.roles_in(function, area))
    return [role.party for role in roles if role.kind is RoleKind.OPERATOR]


def may_be_asked(request: Request, operator: str, register: Register) -> bool:
    """Whether this operator may know the request: by its name in it, or as operator."""
    party = register.parties.get(operator)
    if party is None or apart(request.source, party):
        return False
    relation = Relation.NAMED if operator in request.data.asked else Relation.OPERATOR
    return may_know(request.tlp, party.clearance, {relation}).allowed


def merge_key(request: Request, asked: AskedOperator) -> str:
    """Equal keys are one question to this operator. The area is part of the key of free text only: a standard
    question is answered with a row per area. Requests that not the same parties may see never merge, nor does
    an exercise with what is real."""
    return hashlib.sha256(
        canonical([asked.operator, *sorted(asked.functions), _visibility(request), _asked_for(request)])
    ).hexdigest()


def keyed(secret: bytes, key: str) -> str:
    """A key that only who has the secret can make: from the key itself, equal words can be guessed."""
    return hmac.digest(secret, key.encode(), "sha256").hex()


def visibility_key(request: Request, asked: AskedOperator) -> str:
    """Equal keys are for the same eyes, about the same functions: a person may say that they are one."""
    return hashlib.sha256(canonical([*sorted(asked.functions), _visibility(request)])).hexdigest()


def _visibility(request: Request) -> list[object]:
    named = [str(request.tlp), is_exercise(request.source), *sorted(request.data.recipients)]
    return [*named, request.source] if is_classified(request.tlp) else list(named)


def library_key(request: Request, asked: AskedOperator) -> str:
    """Equal keys are one question in the operator's library, whoever may see the question: who may have an
    answer is for the label of the answer to say."""
    return _library_key(asked.operator, asked.functions, request.source, _asked_for(request))


def deposit_key(deposit: AnswerDeposited, operator: str) -> str:
    """The same key, of the question that a deposit answers."""
    data = deposit.data
    parameters = normal_parameters(data.standard_question, deposit.functions, data.parameters)
    asked_for: list[object] = ["standard", data.standard_question, parameters]
    return _library_key(operator, deposit.functions, deposit.source, asked_for)


def _library_key(operator: str, functions: Iterable[str], source: str, asked_for: list[object]) -> str:
    parts = ["library", operator, *sorted(functions), is_exercise(source), asked_for]
    return hashlib.sha256(canonical(parts)).hexdigest()


def _asked_for(request: Request) -> list[object]:
    data = request.data
    if isinstance(data, QuestionRaisedData) and data.standard_question:
        parameters = normal_parameters(data.standard_question, request.functions, data.parameters)
        return ["standard", data.standard_question, parameters]
    if isinstance(data, QuestionRaisedData):
        return ["text", normalised(data.text), sorted(request.areas)]
    if isinstance(data, InformationRequestedData):
        return ["information", normalised(f"{data.title} {data.text}"), sorted(request.areas)]
    return ["own", request.source, request.id]


def normal_parameters(
    code: str, functions: Iterable[FunctionSlug], values: Mapping[str, str]
) -> dict[str, str]:
    """The parameters of a standard question so that equal ones are written alike, with its defaults. What the
    catalogue does not know may still stand in an event, and differs by its words."""
    question = find_question(code, functions)
    known = {one.name: one for one in question.parameters} if question else {}
    normal = {name: one.default for name, one in known.items() if one.default is not None}
    for name, value in values.items():
        found = known[name].normal(value) if name in known else None
        normal[name] = found or normalised(value) or value
    return normal


def normalised(text: str) -> str:
    """Text without differences that do not count: case, Unicode form, punctuation, blanks. Words stay whole,
    since a stem would lose 'niet'."""
    plain = _INVISIBLE.sub("", text)
    folded = unicodedata.normalize("NFKC", plain).casefold().translate(_DASHES)
    return " ".join(_PUNCTUATION.sub(" ", folded).split())
