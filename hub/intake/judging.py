"""Judge events as they came: may each be kept, as far as it depends on no earlier one, or why not?"""

from collections.abc import Collection
from datetime import date
from hashlib import sha256
from typing import Any, NamedTuple
from uuid import UUID

from hub.intake.outcome import Outcome
from hub.kafka.broker import Outgoing, function_topic
from hub.register.model import Register
from hub.rules.admission import admission, depends_on_envelope, readable_problems, sender_of, too_late
from hub.rules.identity import canonical, event_key
from hub.rules.scopes import Scope, unallowed
from hub.settings import Settings
from schemas.catalogue import Event, Request, is_surely_taken, parse
from schemas.formats import MAX_EVENT_BYTES
from schemas.problems import Problem, Refused
from schemas.strict_json import Read


class Answer(NamedTuple):
    """The outcome for one event, with every problem when it was refused."""

    outcome: Outcome
    source: str | None
    id: str | None
    problems: tuple[Problem, ...] = ()
    receipt: str | None = None
    """A signed note: the hub's promise that the ledger tells of this event."""
    salt: str | None = None
    """In hexadecimal: with it the publisher can show of which content the ledger tells."""
    key: UUID | None = None
    """Of what may be kept."""

    @property
    def accepted(self) -> bool:
        return self.outcome in (Outcome.ACCEPTED, Outcome.KNOWN)


class Candidate(NamedTuple):
    """An event that may be kept. `too_late`: why it may not unless it was kept before, as by now something
    that it names has ended. `earlier`: the key of the request that it goes on from, which must be here."""

    attributes: dict[str, Any]
    key: UUID
    digest: bytes
    outgoing: Outgoing
    too_late: tuple[Problem, ...] = ()
    earlier: UUID | None = None

    def event(self) -> Event:
        """The event itself, read anew: of what only goes on to Kafka nobody asks it."""
        return parse(self.attributes)


class _Verdict(NamedTuple):
    """Why an event is refused (None: it is not), why it would be if it was not kept before, and the topic
    that it is for."""

    outcome: Outcome | None
    problems: tuple[Problem, ...]
    late: tuple[Problem, ...]
    topic: str


class Checks:
    """Judges what a party sends on one day, by one register: what events share is looked up once. Kept for
    one batch."""

    def __init__(
        self, settings: Settings, party: str, scopes: Collection[Scope], register: Register, today: date
    ):
        self._settings = settings
        self._party = party
        self._scopes = scopes
        self._register = register
        self._today = today
        self._verdicts: dict[object, _Verdict] = {}

    def judge(self, read: Read) -> Candidate | Answer:
        """The event as it may be kept, or why it may not be. `read`: attributes of any kind."""
        attributes, written = read
        if not isinstance(attributes, dict):
            problem = Problem("", "json_object", "moet een JSON-object zijn: één CloudEvent")
            return Answer(Outcome.INVALID, None, None, (problem,))
        if written is None or b"null" in written:
            attributes = {name: value for name, value in attributes.items() if value is not None}
            written = None
        said = _said_around(attributes)
        verdict = self._verdicts.get(said)
        earlier = None
        if written is not None and verdict is not None and is_surely_taken(attributes, written):
            body = written
        else:
            try:
                event, body = _parsed(attributes, written)
            except Refused as refused:
                problems = [*refused.problems, *readable_problems(attributes, self._register, self._party)]
                source, event_id = (_text(attributes.get(name)) for name in ("source", "id"))
                return Answer(Outcome.INVALID, source, event_id, tuple(problems))
            earlier = _earlier(event)
            if verdict is None:
                verdict = self._weighed(event)
                if said is not None and depends_on_envelope(event):
                    self._verdicts[said] = verdict
        source, event_id = attributes["source"], attributes["id"]
        if len(body) > MAX_EVENT_BYTES:
            problem = Problem("", "too_large", f"is groter dan {MAX_EVENT_BYTES} bytes; gebruik 'dataref'")
            return Answer(Outcome.TOO_LARGE, source, event_id, (problem,))
        outcome, refusals, late, topic = verdict
        if outcome is not None:
            return Answer(outcome, source, event_id, refusals)
        outgoing = Outgoing(topic, attributes["subject"].encode(), body)
        key = event_key(source, event_id)
        return Candidate(attributes, key, sha256(body).digest(), outgoing, late, earlier)

    def _weighed(self, event: Event) -> _Verdict:
        topic = function_topic(self._settings, event.lead_function)
        found, late = admission(event, self._register), too_late(event, self._register, self._today)
        if wrong := sender_of(event, self._party, self._register):
            others = (problem for problem in found if problem.field != wrong.field)
            return _Verdict(Outcome.NOT_YOURS, (wrong, *others, *late), (), topic)
        if lacking := unallowed(event, self._scopes):
            return _Verdict(Outcome.NOT_ALLOWED, (lacking, *found, *late), (), topic)
        if found:
            return _Verdict(Outcome.INVALID, (*found, *late), (), topic)
        return _Verdict(None, (), tuple(late), topic)


def _said_around(attributes: dict[str, Any]) -> object:
    """What an event says that `depends_on_envelope` speaks of, as it came; None: the verdict on it is its
    own."""
    data = attributes.get("data")
    if not isinstance(data, dict) or data.get("recipients"):
        return None
    said = [attributes.get(name) for name in _DECISIVE]
    return tuple(said) if _TEXT.issuperset(map(type, said)) else None


_DECISIVE = ("type", "source", "functions", "areas", "tlp")
_TEXT = frozenset({str})


def _parsed(attributes: dict[str, Any], written: bytes | None) -> tuple[Event, bytes]:
    """The event of these attributes, and its canonical JSON. Raises Refused."""
    if written is None:
        try:
            written = canonical(attributes)
        except Refused:
            parse(attributes)
            raise
    return parse(attributes, written), written


def _earlier(event: Event) -> UUID | None:
    again = event.data.again if isinstance(event, Request) else None
    return event_key(again.request.source, again.request.id) if again else None


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None
