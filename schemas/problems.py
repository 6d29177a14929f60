"""What is wrong with an event, field by field, in words that say what to do."""

from collections.abc import Iterable
from typing import NamedTuple, get_args

from pydantic import ValidationError
from pydantic_core import ErrorDetails
from pydantic_core.core_schema import ErrorType

from schemas.forms import FORMS


class Problem(NamedTuple):
    """One broken rule. `field` is a path such as `data/title`, `code` is stable, `detail` is Dutch."""

    field: str
    code: str
    detail: str


class Refused(Exception):
    """The event breaks the rules in `problems`; sending it again unchanged will not help."""

    def __init__(self, problems: Iterable[Problem]):
        self.problems = tuple(problems)
        super().__init__("; ".join(f"{p.field}: {p.detail}" for p in self.problems))


_DUTCH = {
    "missing": "ontbreekt",
    "extra_forbidden": "is een onbekend veld",
    "literal_error": "moet zijn: {expected}",
    "enum": "moet een van deze zijn: {expected}",
    "string_type": "moet tekst zijn",
    "string_unicode": "bevat een teken dat niet bestaat",
    "string_too_short": "is te kort: minstens {min_length} teken(s)",
    "string_too_long": "is te lang: hoogstens {max_length} tekens",
    "string_pattern_mismatch": "heeft niet de goede vorm",
    "too_short": "heeft te weinig onderdelen: minstens {min_length}",
    "too_long": "heeft te veel onderdelen: hoogstens {max_length}",
    "int_type": "moet een geheel getal zijn",
    "int_parsing": "moet een geheel getal zijn",
    "int_parsing_size": "is een te groot getal",
    "int_from_float": "moet een geheel getal zijn",
    "bool_type": "moet 'true' of 'false' zijn",
    "bool_parsing": "moet 'true' of 'false' zijn",
    "uuid_parsing": "moet een UUID zijn",
    "url_parsing": "is geen adres",
    "url_scheme": "moet een adres zijn dat zo begint: {expected_schemes}",
    "greater_than_equal": "moet minstens {ge} zijn",
    "less_than_equal": "mag hoogstens {le} zijn",
    "date_from_datetime_parsing": "is geen bestaande datum",
    "date_parsing": "is geen bestaande datum",
    "datetime_parsing": "is geen bestaand moment",
    "datetime_from_date_parsing": "is geen bestaand moment",
    "timezone_aware": "mist de tijdzone",
    "model_type": "moet een JSON-object zijn",
    "model_attributes_type": "moet een JSON-object zijn",
    "dict_type": "moet een JSON-object zijn",
    "tuple_type": "moet een lijst zijn",
    "list_type": "moet een lijst zijn",
}
_STANDARD = frozenset(get_args(ErrorType))


def problems_of(error: ValidationError) -> list[Problem]:
    """Everything that pydantic has against what was written, field by field."""
    return [
        Problem("/".join(map(str, detail["loc"])), detail["type"], in_dutch(detail))
        for detail in error.errors(include_url=False, include_input=False)
    ]


def in_dutch(detail: ErrorDetails) -> str:
    """The Dutch text of one pydantic error; own errors already speak Dutch. Never the English of pydantic."""
    context = detail.get("ctx", {})
    if "expected" in context:
        context = {**context, "expected": str(context["expected"]).replace(" or ", " of ")}
    if form := FORMS.get(str(context.get("pattern"))):
        return form.nl
    own = "klopt niet" if detail["type"] in _STANDARD else detail["msg"]
    text = _DUTCH.get(detail["type"])
    return text.format(**context) if text else own
