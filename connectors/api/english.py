"""Problem details in English.

Each problem has a stable name, and the texts here go by that: in Dutch they say more (which limit, which
value). What has no text here stays Dutch."""

from collections.abc import Mapping
from typing import Any

from connectors.api.problems import TYPE_BASE
from schemas.forms import FORMS

_CORRECT = "Nothing was accepted. Correct what is listed below and send the event again."
TEXTS: Mapping[str, tuple[str, str]] = {
    "token": (
        "We do not know this key",
        "Send your API key or access token: 'Authorization: Bearer <key>'. It may have expired.",
    ),
    "scope": ("This key may not do that", "The key lacks a scope; 'errors' or 'WWW-Authenticate' names it."),
    "administrator": (
        "An administrator may not do this",
        "This key belongs to the administrator of the hub, who takes no part in the exchange.",
    ),
    "not-administrator": (
        "Only the administrator of the hub may do this",
        "Your key belongs to a party. Ask the administrator for what you need.",
    ),
    "limit": (
        "You send too much in a short time",
        "Nothing was done. Go on after the seconds in 'Retry-After', with more events in one request.",
    ),
    "unreadable": ("The content cannot be read", _CORRECT),
    "request": ("This request is wrong", "Nothing was done. Correct what is listed below."),
    "invalid": ("The event is wrong", _CORRECT),
    "not-yours": ("This source is not yours", _CORRECT),
    "conflict": ("This id was already used for something else", _CORRECT),
    "unavailable": (
        "The hub cannot keep this now",
        "It is not certain that anything was accepted. Send exactly the same again in 30 seconds: the same "
        "id never counts twice.",
    ),
    "internal": (
        "Something went wrong in the hub",
        "We have recorded it. Send the same again: the same id never counts twice.",
    ),
    "too-large": (
        "We do not take this content",
        "The content is too large. Put large content elsewhere and refer to it with 'dataref'.",
    ),
    "too-many": ("We do not take this content", "There are too many events in one request."),
    "too-slow": ("We do not take this content", "Nothing was accepted: the content did not arrive in time."),
    "cut-off": ("We do not take this content", "The connection broke before everything was in."),
    "packing": ("We do not take this content", "Use a sound gzip, or do not compress."),
    "media-type": (
        "We do not take this content",
        "Send 'application/cloudevents+json', 'application/cloudevents-batch+json', or 'application/json' "
        "with ce- headers.",
    ),
    "empty": ("We do not take this content", "There is no event in the list."),
    "letter": ("This dead letter is not there", "The list of dead letters names the key of each."),
    "letter-gone": (
        "This record cannot be sent again",
        "Kafka has it no more, or it cannot be read. Ask its sender to send it again.",
    ),
    "event": ("This event is not there", "There is nothing with this key for you."),
    "http-404": ("This address does not exist", "See /v1/openapi.json. An address does not end with '/'."),
    "http-405": ("This cannot be done at this address", "The header 'Allow' names what can."),
}
ERRORS: Mapping[str, str] = {
    "missing": "is missing",
    "extra_forbidden": "is an unknown field",
    "unknown": "is not known in this address",
    "literal_error": "is not one of the values that are allowed",
    "enum": "is not one of the values that are allowed",
    "string_type": "must be text",
    "string_unicode": "contains a character that does not exist",
    "string_too_short": "is too short",
    "string_too_long": "is too long",
    "string_pattern_mismatch": "does not have the right form",
    "too_short": "has too few parts",
    "too_long": "has too many parts",
    "int_type": "must be a whole number",
    "int_parsing": "must be a whole number",
    "int_parsing_size": "is too large a number",
    "int_from_float": "must be a whole number",
    "bool_type": "must be 'true' or 'false'",
    "bool_parsing": "must be 'true' or 'false'",
    "uuid_parsing": "must be a UUID",
    "url_parsing": "is not an address",
    "url_scheme": "must be an address of another scheme",
    "greater_than_equal": "is too small",
    "less_than_equal": "is too large",
    "date_from_datetime_parsing": "is not an existing date",
    "date_parsing": "is not an existing date",
    "datetime_parsing": "is not an existing moment",
    "datetime_from_date_parsing": "is not an existing moment",
    "timezone_aware": "lacks the time zone",
    "model_type": "must be a JSON object",
    "model_attributes_type": "must be a JSON object",
    "dict_type": "must be a JSON object",
    "tuple_type": "must be a list",
    "list_type": "must be a list",
    "doubled": "is there twice",
    "comma_list": "must be text with commas and without spaces: 'a,b'",
    "source": "must be 'urn:nld:oin:<OIN>:systeem:<name>' or 'urn:nld:kvknr:<KvK number>:systeem:<name>'",
    "sequence_pair": "belongs to 'sequence': give both or neither",
    "sequencetype": "must be 'Integer'",
    "dataschema": "is not the schema of this type",
    "expirytime": "must be after 'time'",
    "control_character": "contains a control character; only readable text is allowed",
    "blank": "is empty",
    "one_line": "must be on one line",
    "rfc3339": "must be a moment such as 2026-11-23T10:00:00+01:00 (RFC 3339 with a time zone)",
    "moment_range": "is too long ago or too far away: the year is 1900 to 2199",
    "day": "must be a date such as 2026-11-23",
    "personal_data": "seems to contain a citizen service number (BSN); use a case number",
    "classified": "is marked as state classified. Such information may not be in the hub, under no label",
    "json": "is not valid JSON",
    "json_object": "must be a JSON object: one CloudEvent",
    "json_array": "must be a JSON list of CloudEvents",
    "utf8": "is not valid UTF-8",
    "charset": "must be UTF-8",
    "too_deep": "is nested too deeply",
    "number": "contains a number that not every system reads alike",
    "too_large": "is too large; use 'dataref'",
    "extension": "is not a valid extension attribute",
    "unknown_type": "is an unknown type",
    "scope": "needs a scope that this key lacks",
    "hub_only": "is only told by the hub itself",
    "not_your_source": "does not belong to you: use your own OIN or KvK number",
    "unknown_source": "belongs to no party in the register",
    "unclear_exercise": "counts as real but names an exercise: write 'oefening-<name>', or another name",
    "other_world": "refers from an exercise to what is real, or from what is real to an exercise",
    "unknown_area": "is not an area in the register",
    "area_ended": "names an area that no longer exists",
    "unknown_party": "is not a party in the register",
    "party_ended": "names a party that no longer takes part",
    "no_recipients": "is missing: with this TLP label you name who may know",
    "not_your_bottleneck": "refers to a bottleneck of somebody else",
    "nobody_asked": "reaches no operator who may know this; name whom you ask",
    "serves_elsewhere": "serves none of these areas according to the register. Take this name away: if "
    "you name nobody, the hub asks the operators that do",
    "no_standing": "has nothing to do with you according to the register. Ask about your own area or "
    "function, or let who has a role there ask",
    "asked_exercise": "is real, and this is an exercise",
    "asked_only_exercises": "is only there for exercises, and this is real",
    "no_operator": "is not an operator of a function",
    "operator_not_asked": "is an operator: name it in 'asked'",
    "no_ministry": "is not a ministry",
    "past": "lies before today",
    "unknown_request": "refers to a request that is not here",
    "other_content": "was already used for an event with other content; give this one a new id",
    "kafka_unavailable": "Kafka does not acknowledge",
}
_FORMS = {form.nl: form.en for form in FORMS.values()}


def in_english(details: Mapping[str, Any]) -> dict[str, Any]:
    """The same problem details, in English as far as there is any."""
    slug = str(details.get("type", "")).removeprefix(TYPE_BASE)
    if slug not in TEXTS:
        return dict(details)
    title, detail = TEXTS[slug]
    said = {**details, "title": title, "detail": detail}
    if "errors" in said:
        said["errors"] = [
            {**one, "detail": _FORMS.get(one["detail"]) or ERRORS.get(one["code"], one["detail"])}
            for one in details["errors"]
        ]
    return said
