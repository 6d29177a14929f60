"""Plain Dutch for what an asker is told of its requests."""

from hub.asking.foreseeing import Foreseen
from hub.rules.placing import Place
from hub.rules.throttle.urgent import Urgent
from hub.words.steering_facts import reason_text
from hub.words.wording import leaves


def foreseen_text(one: Foreseen) -> str:
    """Where a request would go, what it costs, and when it leaves, in sentences."""
    when = f" {leaves(one.leaves)}" if one.leaves else ""
    if one.urgent:
        when = f" {_urgent(one.urgent)}{when}"
    part = " Over een deel van de gebieden krijgt u het antwoord meteen." if one.answered else ""
    if one.declined:
        help_ = f" Opnieuw vragen kan nog niet: {reason_text(one.not_again)}." if one.not_again else ""
        return f"De beheerder heeft dit al afgewezen: u krijgt de reden meteen.{help_}"
    match one.place:
        case Place.ANSWERED:
            return "Dit is al beantwoord: u krijgt het antwoord meteen. Het kost de beheerder niets."
        case Place.JOINED_SENT:
            return f"De beheerder heeft deze vraag al{_of(one.others)}: u krijgt zijn antwoord ook.{part}"
        case Place.JOINED:
            return f"Sluit aan bij {_others(one.others)}: kost de beheerder niets extra.{part}{when}"
    return f"Een nieuwe vraag aan de beheerder.{part}{when}"


def _urgent(urgent: Urgent) -> str:
    if urgent is Urgent.RELEASED:
        return "Ze gaat met spoed, zolang de beheerder daar plaats voor heeft."
    return f"Ze gaat niet met spoed: {reason_text(urgent)}."


def _of(others: int) -> str:
    return f", van {_others(others)}" if others else ""


def _others(others: int) -> str:
    if others == 0:
        return "uw eigen vraag van eerder"
    return "1 andere vrager" if others == 1 else f"{others} andere vragers"
