"""The matrix of need to know: a party for every kind, clearance and tie; events of every label, each with a
secret word of its own in every text; and what TLP 2.0 (FIRST) allows, written out once more on its own."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import product
from typing import Any, Final, NamedTuple

from hub.register.history import Entry, History
from hub.register.kinds import PartyKind, RoleKind, Wish
from hub.register.model import Party, Role, Subscription
from hub.rules.identity import event_key
from schemas.terms import FunctionSlug, Tlp
from tests.events import attributes, source_of
from tests.registers import HISTORY, TODAY

LABELS: Final = ("CLEAR", "GREEN", "AMBER", "AMBER+STRICT", "RED")
KINDS: Final = tuple(str(kind) for kind in PartyKind if kind is not PartyKind.HUB)
ROLES: Final = tuple(str(kind) for kind in RoleKind)
TIES: Final = ("none", "place", "subscriber", "named", "asker", *ROLES)
FUNCTION: Final = FunctionSlug.ELECTRICITY
PUBLISHER: Final = "gm0935"
OPERATOR: Final = "enexis"
SECRET: Final = re.compile(r"geheim[a-z0-9]+x")
_HERE, _ELSEWHERE = "GM0935", "GM0014"
_DECENTRAL = ("municipality", "province", "water-board", "safety-region")
_OWN_NEED = {"core-team", "coordinator", "responsible-ministry", "operator", "supervisor", *_DECENTRAL}


class Tried(NamedTuple):
    """A party of the matrix. `tie` is what it has to do with electricity in Maastricht."""

    slug: str
    kind: str
    clearance: str
    tie: str

    @property
    def ties(self) -> set[str]:
        own = {self.tie} - {"none", "place"}
        here = self.tie == "place" or self.tie in ROLES
        return own | {self.kind} if here and self.kind in _DECENTRAL else own


def _parties() -> Iterator[Tried]:
    """Every kind with every tie, twice: cleared for all, and with each lower clearance in turn."""
    for (i, kind), (j, tie) in product(enumerate(KINDS), enumerate(TIES)):
        for name, clearance in (("hoog", "RED"), ("laag", LABELS[(i + j) % 4])):
            yield Tried(f"{kind}-{tie}-{name}", kind, clearance, tie)


PARTIES: Final = tuple(_parties())
DEPENDENT_TEAMS: Final = {
    "kernteam-oil": "CLEAR",
    "kernteam-telecom-basic": "GREEN",
    "kernteam-telecom-public": "AMBER",
    "kernteam-drinking-water": "AMBER+STRICT",
    "kernteam-chemistry": "RED",
}
"""Core teams whose functions need electricity in Maastricht, with the clearance of each."""
_OINS = {party.slug: f"0000009977{number:010d}" for number, party in enumerate(PARTIES)}


def may_know(label: str, clearance: str, ties: set[str]) -> bool:
    """Enough clearance, and then by name, openly, or by a need of one's own."""
    if not ties or LABELS.index(clearance) < LABELS.index(label):
        return False
    if "named" in ties or label in ("CLEAR", "GREEN"):
        return True
    return label == "AMBER" and bool(ties & _OWN_NEED)


class Told(NamedTuple):
    """An event of the matrix. Its secret word stands in its id, its case and every text."""

    short: str
    label: str
    content: dict[str, Any]

    @property
    def secret(self) -> str:
        return _secret(self.short, self.label)

    @property
    def key(self) -> str:
        return str(event_key(self.content["source"], self.content["id"]))

    def is_for(self, party: Tried) -> bool:
        """Whether the party may know it. Who asked the same hears the answer when it is open; an operator
        that a question asks counts as named in it."""
        ties = party.ties - {"named", "asker"}
        if self.names(party):
            ties.add("named")
        if self.short == "question-answered" and party.tie == "asker":
            ties.add("asker")
        return may_know(self.label, party.clearance, ties)

    def names(self, party: Tried) -> bool:
        """Whether the event names the party, as one who may know or as one who is asked."""
        data = self.content["data"]
        return party.slug in (*data["recipients"], *data.get("asked", ()))

    def is_told_to(self, party: Tried) -> bool:
        """Whether the policy tells a party with these ties of a bottleneck: advisers only by name."""
        return self.short == "bottleneck-found" and party.ties != {"adviser"}


def _secret(short: str, label: str) -> str:
    return f"geheim{short}{label}".lower().replace("-", "").replace("+", "") + "x"


def _texts(short: str, secret: str) -> dict[str, Any]:
    """Every text of the event, with its secret in it."""
    link = f"https://rapporten.example/{secret}"
    match short:
        case "bottleneck-found":
            return {
                "title": f"{secret} titel",
                "description": f"{secret} tekst",
                "location": f"{secret} plek",
            }
        case "stress-test-completed":
            return {
                "title": f"{secret} titel",
                "summary": f"{secret} tekst",
                "standard": f"{secret} standaard",
                "deviations": [{"from_standard": f"{secret} van", "reason": f"{secret} reden"}],
                "link": link,
            }
        case "question-raised":
            return {"text": f"{secret} vraag?", "background": f"{secret} achtergrond"}
    return {"text": f"{secret} antwoord", "per_area": [{"area": _HERE, "text": f"{secret} rij"}]}


def told(short: str, label: str, parties: Sequence[Tried] = PARTIES) -> Told:
    """An event of this kind with this label, that names whom the matrix wants named."""
    secret = _secret(short, label)
    named = [party for party in parties if party.tie == "named"]
    data = _texts(short, secret)
    source = source_of(PUBLISHER)
    if short == "question-raised":
        # An operator is asked, never named as a recipient of a question.
        named = [party for party in named if party.kind != "operator"]
        if label in ("AMBER+STRICT", "RED"):
            data["asked"] = [OPERATOR, *(party.slug for party in parties if party.tie == "operator")]
    if short == "question-answered":
        source = source_of(OPERATOR)
        data["question"] = {"source": source_of(PUBLISHER), "id": "gedeeld"}
    data["recipients"] = [party.slug for party in named]
    content = attributes(
        short,
        id=f"{secret}-id",
        source=source,
        subject=f"{secret}-zaak",
        tlp=label,
        correlationid=f"{secret}-samenhang",
        dataref=f"https://rapporten.example/{secret}/bijlage",
        eigenveld=f"{secret}-eigen",
        data=data,
    )
    return Told(short, label, content)


def shared_question(source: str) -> dict[str, Any]:
    """What the municipality and the askers all ask: the answers of the matrix answer it."""
    data = {
        "text": "Hoe lang werkt de noodstroom?",
        "background": None,
        "asked": [OPERATOR],
        "needed_by": None,
    }
    return attributes("question-raised", id="gedeeld", source=source, subject="gedeeld", data=data)


def source(party: Tried) -> str:
    """The source of a system of this party."""
    return f"urn:nld:oin:{_OINS[party.slug]}:systeem:zaken"


def history(parties: Iterable[Tried] = PARTIES) -> History:
    """A register of the parties of the matrix, with the seeded functions, areas, core teams (of every
    clearance) and operators."""
    return History.of(0, [*_seeded(), *(entry for party in parties for entry in _entries(party))])


def cleared_less(party: Tried) -> Tried:
    """The same party when only what is CLEAR may reach it."""
    return party._replace(clearance="CLEAR")


def moved_away(party: Tried) -> Tried:
    """The same party when it has no role, subscription or place here any more."""
    return party if party.tie in ("named", "asker") else party._replace(tie="none")


def _seeded() -> Iterator[Entry]:
    left_out = set()
    for entry in HISTORY.entries:
        match entry.facts:
            case Party(kind=PartyKind.CORE_TEAM) as team:
                label = Tlp(DEPENDENT_TEAMS.get(team.slug, "RED"))
                yield replace(entry, facts=replace(team, clearance=label))
            case Party(kind=PartyKind.OPERATOR | PartyKind.HUB) | Party(slug="gm0935"):
                yield entry
            case Party() as party:
                left_out.add(party.slug)
            case Role() as role if role.party in left_out:
                pass
            case _:
                yield entry


def _entries(party: Tried) -> Iterator[Entry]:
    here = party.tie == "place" or party.tie in ROLES
    yield Entry(
        Party(
            party.slug,
            party.slug,
            PartyKind(party.kind),
            f"{party.slug}@postbus.example",
            _OINS[party.slug],
            (_HERE if here else _ELSEWHERE,),
            Tlp(party.clearance),
        ),
        TODAY,
    )
    if party.tie in ROLES:
        yield Entry(Role(party.slug, FUNCTION, RoleKind(party.tie)), TODAY)
    if party.tie == "subscriber":
        yield Entry(Subscription(party.slug, "alles", Wish.IMMEDIATE), TODAY)
