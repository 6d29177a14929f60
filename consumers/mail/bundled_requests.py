"""A request as its operator reads it, when it may still go out."""

from typing import Any

from connectors.mailbox.asked import BundledRequest
from hub.register.model import Register
from hub.rules.asking import asked_operators, may_be_asked
from hub.rules.clearance import Ruling
from hub.rules.exercises import apart_in_mail
from hub.rules.relations import Reason, Relation
from schemas.catalogue import Request, parse


def bundled_request(row: Any, operator: str, public_url: str, register: Register) -> BundledRequest | str:
    """A request as its operator reads it, or why it may not go out: checked again at sending."""
    event = parse(row.content)
    if operator not in register.parties:
        return "party-ended"
    if why := apart_in_mail(event.source, register.parties[operator]):
        return why
    if not (isinstance(event, Request) and may_be_asked(event, operator, register)):
        return str(Ruling.CLEARANCE_TOO_LOW)
    is_referred = row.referred_by is not None
    if not is_referred and operator not in {asked.operator for asked in asked_operators(event, register)}:
        return str(Ruling.NO_RELATION)
    reasons = (
        [Reason(Relation.ASKED)]
        if is_referred or operator in event.data.asked
        else [Reason(Relation.OPERATOR, function, row.areas[0]) for function in row.functions]
    )
    link = f"{public_url}/gebeurtenissen/{row.event_key}"
    return BundledRequest(row.item_key, row.functions, event, row.asker, row.areas, reasons, link)
