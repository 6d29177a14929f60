"""A full national register, and events as its parties would publish them. The same numbers every time."""

import json
import random
from collections.abc import Iterator
from datetime import date
from typing import Any, Final

from hub.register.history import Entry, History
from hub.register.kinds import DECENTRAL, PartyKind, RoleKind
from hub.register.model import Party, Register, Role
from hub.register.seed import seed_history
from schemas.catalogue import CATALOGUE
from schemas.library import AnswerDeposited, AnswerRetracted
from schemas.published import example
from schemas.terms import FunctionSlug, Tlp

DAY: Final = date(2027, 6, 1)
_SEED = 13
_BY_OPERATORS = (AnswerDeposited, AnswerRetracted)
"""Only operators publish these, and here governments publish."""
_TYPES = tuple(row for row in CATALOGUE if not row.by_hub and not issubclass(row.model, _BY_OPERATORS))
_LABELS = (Tlp.CLEAR, *[Tlp.GREEN] * 8, Tlp.AMBER)
_AREAS = ("GM",) * 10 + ("VR",) * 4 + ("PV",) * 4 + ("NL",) * 2
"""Of twenty events ten are about a municipality, eight about a region, two about the whole country."""


def national_history(local_operators: int = 500) -> History:
    """The seeded register, with operators of one municipality each, as hospitals and heat networks are."""
    seed = seed_history()
    codes = sorted(code for code in seed.on(DAY).areas if code.startswith("GM"))
    functions = tuple(FunctionSlug)[:13]
    added: list[Entry] = []
    since = seed.begins
    assert since is not None  # noqa: S101 - the seed has entries
    for number in range(local_operators):
        slug, area = f"beheerder-{number:05}", codes[number % len(codes)]
        oin = f"00000099{800_000_000_000 + number}"
        party = Party(
            slug, slug.capitalize(), PartyKind.OPERATOR, f"{slug}@postbus.example", oin, (area,), Tlp.RED
        )
        role = Role(slug, functions[number % len(functions)], RoleKind.OPERATOR)
        added += [Entry(party, since), Entry(role, since)]
    return History.of(seed.version, (*seed.entries, *added))


def events(count: int, register: Register, about: FunctionSlug | None = None) -> Iterator[dict[str, Any]]:
    """Events of every type that parties publish, from municipalities, provinces and others alike; `about` one
    function, or any."""
    chance = random.Random(_SEED)  # noqa: S311 - no secret
    senders = [party.oin for party in register.parties.values() if party.kind in DECENTRAL]
    functions = [about] if about else list(register.functions)
    by_kind = {kind: sorted(code for code in register.areas if code.startswith(kind)) for kind in set(_AREAS)}
    bodies = [(row.type, json.dumps(example(row)["data"] | {"recipients": []})) for row in _TYPES]
    for number in range(count):
        kind, body = bodies[number % len(bodies)]
        source = f"urn:nld:oin:{chance.choice(senders)}:systeem:zaaksysteem"
        data = json.loads(body)
        if "bottleneck" in data:
            data["bottleneck"]["source"] = source  # only who found it may change it
        yield {
            "specversion": "1.0",
            "id": f"meting-{number}",
            "source": source,
            "type": kind,
            "time": "2027-06-01T08:00:00Z",
            "subject": f"zaak-{number}",
            "datacontenttype": "application/json",
            "functions": str(chance.choice(functions)),
            "areas": chance.choice(by_kind[chance.choice(_AREAS)]),
            "tlp": str(chance.choice(_LABELS)),
            "data": data,
        }
