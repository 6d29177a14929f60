"""What the hub's own events say, as pairs of a label and a text in reading order."""

from hub.register.cells import ROLE_WORDS
from hub.register.model import Register
from hub.words.language import said
from hub.words.wording import areas, day, function_name, party_name
from schemas.chain_effect import ChainEffectSignalledData
from schemas.register_change import (
    AreaChangedData,
    DependencyChangedData,
    FunctionChangedData,
    PartyChangedData,
    RegisterChangeData,
    RoleChangedData,
    SubscriptionChangedData,
)

Pair = tuple[str, str]

_STRENGTH = {
    "high": "hoog: stopt binnen uren tot dagen",
    "medium": "midden: raakt een deel, of pas later",
    "low": "laag: alleen in bijzondere gevallen",
}
_SIGNALS = {
    "found": "Er is een knelpunt in een functie waar de uwe van afhangt, in dit gebied. "
    "Wat het is, mag de hub u niet vertellen.",
    "resolved": "Het knelpunt waarover de hub u eerder een signaal gaf, is opgelost.",
}
_CHANGES = {
    "added": "toegevoegd aan het register",
    "changed": "gewijzigd in het register",
    "ended": "einde vastgelegd in het register",
    "removed": "verwijderd uit het register",
}
_FIELDS = {
    "name": "naam",
    "name_nl": "naam",
    "name_en": "Engelse naam",
    "kind": "soort",
    "mailbox": "postbus",
    "oin": "OIN",
    "kvk": "KvK-nummer",
    "areas": "gebieden",
    "clearance": "hoogste label",
    "within": "ligt in",
    "successors": "opgegaan in",
    "since": "begin",
    "until": "einde",
    "strength": "sterkte",
    "origin": "bron",
    "core_team": "kernteam",
    "coordinator_nl": "coördinatie",
    "number": "nummer",
    "wish": "wens",
    "functions": "functies",
    "filters": "filters",
}
_ROLES = {str(kind): words for kind, words in ROLE_WORDS.items()}


def signal_facts(data: ChainEffectSignalledData, register: Register) -> list[Pair]:
    """The signal of a chain effect."""
    path = " → ".join(function_name(slug, register) for slug in data.path)
    return [
        ("Wat er is", said(_SIGNALS[data.state])),
        ("Weg", path),
        ("Sterkte", said(_STRENGTH[data.strength])),
        ("Meer weten", said("Vraag het aan {party}.", party=party_name(data.ask, register))),
    ]


def change_facts(data: RegisterChangeData, register: Register) -> list[Pair]:
    """A change of the register."""
    return [
        ("Wat", said(_CHANGES[data.change])),
        *_changed(data, register),
        ("Gewijzigd", ", ".join(said(_FIELDS.get(field, field)) for field in data.fields)),
        ("Geldig vanaf", day(data.since)),
        ("Geldig tot", day(data.until) if data.until else ""),
        ("Versie register", str(data.register_version)),
    ]


def _changed(data: RegisterChangeData, register: Register) -> list[Pair]:
    """What the change is about."""
    match data:
        case PartyChangedData():
            return [("Partij", f"{data.name} ({data.party})")]
        case RoleChangedData():
            role = said(_ROLES.get(data.role, data.role))
            function = function_name(data.function, register)
            return [("Partij", party_name(data.party, register)), ("Rol", f"{role}, {function}")]
        case AreaChangedData():
            return [
                ("Gebied", f"{data.name} ({data.area})"),
                ("Ligt in", areas(data.within, register)),
                ("Opgegaan in", areas(data.successors, register)),
            ]
        case FunctionChangedData():
            return [("Kernteam", party_name(data.core_team, register))]
        case DependencyChangedData():
            ends = (data.from_function, data.to_function)
            return [
                ("Afhankelijkheid", " → ".join(function_name(end, register) for end in ends)),
                ("Sterkte", said(_STRENGTH[data.strength])),
            ]
        case SubscriptionChangedData():
            return [("Abonnement", data.subscription)]
    raise LookupError(f"no wording for {type(data).__name__}")
