"""What the hub itself publishes: each change of the register, as an event."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple

from hub.register.changes import Change, ChangeKind
from hub.register.kinds import HUB
from hub.register.model import AreaFacts, Dependency, FunctionFacts, Party, Register, Role, Subscription
from hub.rules.admission import admission
from hub.rules.clearance import ORDER
from schemas.catalogue import parse
from schemas.envelope import TYPE_PREFIX, is_exercise
from schemas.problems import Problem, Refused
from schemas.terms import FunctionSlug, Tlp

_WORDS = {
    ChangeKind.ADDED: "toegevoegd",
    ChangeKind.CHANGED: "gewijzigd",
    ChangeKind.ENDED: "beëindigd",
    ChangeKind.REMOVED: "verwijderd",
}


class _About(NamedTuple):
    """What a change is about: the words of its title, its functions and areas, its own data, who is named."""

    kind: str
    words: str
    functions: Sequence[FunctionSlug]
    areas: Sequence[str]
    data: Mapping[str, Any]
    named: str | None = None
    tlp: Tlp = Tlp.GREEN


def source_of_hub(register: Register, *, exercise: bool = False) -> str:
    """The source of the hub's own events; that of those about an exercise says so."""
    source = f"urn:nld:oin:{register.parties[HUB].oin}:systeem:"
    return f"{source}oefening-{HUB}" if exercise and not is_exercise(source) else f"{source}{HUB}"


def hub_event(
    kind: str,
    event_id: str,
    subject: str,
    about: tuple[Iterable[str], Iterable[str], Tlp],
    data: Mapping[str, Any],
    register: Register,
    now: datetime,
    *,
    exercise: bool = False,
) -> dict[str, Any]:
    """The attributes of an event of the hub itself; `about` are its functions, areas and label."""
    functions, areas, tlp = about
    return {
        "specversion": "1.0",
        "id": event_id,
        "source": source_of_hub(register, exercise=exercise),
        "type": f"{TYPE_PREFIX}{kind}.v1",
        "time": now.astimezone(UTC).isoformat().replace("+00:00", "Z"),
        "subject": subject,
        "datacontenttype": "application/json",
        "functions": ",".join(functions),
        "areas": ",".join(areas),
        "tlp": str(tlp),
        "data": dict(data),
    }


def announcements(changes: Iterable[Change], register: Register, now: datetime) -> list[dict[str, Any]]:
    """An event for every change; `register` is that of the version which has them."""
    return [_announcement(change, register, now) for change in changes]


def unpublishable(events: Iterable[Mapping[str, Any]], register: Register) -> list[Problem]:
    """Why the hub could not publish these; none: it can. Its own events keep to the rules of all."""
    problems: list[Problem] = []
    for attributes in events:
        try:
            problems += admission(parse(dict(attributes)), register)
        except Refused as refused:
            problems += refused.problems
    return problems


def _announcement(change: Change, register: Register, now: datetime) -> dict[str, Any]:
    entry, about = change.entry, _about(change, register)
    key = f"{about.kind}-{entry.key.replace(' ', '-')}"
    data = {
        "title": f"{about.words[:150]} ({_WORDS[change.kind]})",
        "change": str(change.kind),
        "fields": list(change.changed_fields),
        "since": entry.since.isoformat(),
        "until": entry.until.isoformat() if entry.until else None,
        "register_version": register.version,
        **about.data,
    }
    if about.named in register.parties:
        data["recipients"] = [about.named]
    elif about.tlp is Tlp.AMBER_STRICT:
        data["recipients"] = [HUB]
    known = [code for code in about.areas if code in register.areas or code in register.former]
    return hub_event(
        f"{about.kind}.changed",
        f"register-{register.version}-{key}-{entry.since.isoformat()}",
        key,
        (about.functions, known or ["NL"], about.tlp),
        {name: value for name, value in data.items() if value is not None},
        register,
        now,
    )


def _about(change: Change, register: Register) -> _About:
    everywhere = tuple(register.functions)
    data: dict[str, Any]
    match change.entry.facts:
        case Party() as party:
            own = tuple(dict.fromkeys(role.function for role in register.roles if role.party == party.slug))
            data = {"party": party.slug, "name": party.name, "kvk": party.kvk or None}
            return _About("party", party.name, own or everywhere, party.areas, data, party.slug)
        case Role() as role:
            holder = register.parties.get(role.party)
            data = {"party": role.party, "function": role.function, "role": str(role.kind)}
            words = f"{holder.name if holder else role.party}"
            areas = holder.areas if holder else ()
            return _About("role", words, [role.function], areas, data, role.party)
        case AreaFacts() as area:
            data = {"area": area.code, "name": area.name}
            lists = {"within": list(area.within), "successors": list(area.successors)}
            return _About("area", area.name, everywhere, [area.code], data | lists)
        case FunctionFacts() as function:
            data = {"function": function.slug, "core_team": function.core_team}
            return _About("function", function.name_nl, [function.slug], ["NL"], data)
        case Dependency() as arrow:
            ends = [arrow.from_function, arrow.to_function]
            names = " → ".join(register.functions[slug].name_nl[:60] for slug in ends)
            data = {"from_function": ends[0], "to_function": ends[1], "strength": str(arrow.strength)}
            return _About("dependency", names, ends, ["NL"], data)
        case Subscription() as wish:
            data = {"party": wish.party, "subscription": wish.name}
            functions = wish.functions or everywhere
            label = for_itself(wish.party, register)
            return _About("subscription", wish.name, functions, ["NL"], data, wish.party, label)


def for_itself(party: str, register: Register) -> Tlp:
    """The most closed label that this party may receive, at most that of named organisations. A more open one
    goes to no other either: the policy tells nobody, and no subscription matches it."""
    known = register.parties.get(party)
    return min(Tlp.AMBER_STRICT, known.clearance if known else Tlp.AMBER_STRICT, key=ORDER.index)
