"""Plain words for what people see in mails and on pages: types, labels, reasons, dates."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import cast

from hub.register.model import AreaFacts, Party, Register
from hub.rules.explaining import WhyNot
from hub.rules.mail_in.judging import Why as WhyDoubted
from hub.rules.moments import AMSTERDAM
from hub.rules.preferences import DIGEST
from hub.rules.relations import Reason, Relation
from hub.rules.states import State
from hub.rules.throttle.forecast import Why
from hub.rules.throttle.standing import Leaves
from hub.words.language import is_dutch, said
from schemas.catalogue import BY_TYPE, CATALOGUE, EventType
from schemas.chain_effect import ChainEffectSignalledData
from schemas.envelope import Envelope
from schemas.terms import FunctionSlug, Tlp

_MONTHS = (
    "januari februari maart april mei juni juli augustus september oktober november december".split()  # noqa: SIM905
)
DAYS = "maandag dinsdag woensdag donderdag vrijdag zaterdag zondag".split()  # noqa: SIM905

_SIGNALS = {"found": "Een knelpunt kan uw functie raken", "resolved": "Een knelpunt is opgelost"}
_KINDS = {row.short: row for row in CATALOGUE}

TLP_MEANING = {
    Tlp.CLEAR: "mag iedereen weten",
    Tlp.GREEN: "alleen voor partijen die meedoen aan deze aanpak",
    Tlp.AMBER: "alleen voor wie het nodig heeft: uw organisatie en haar klanten",
    Tlp.AMBER_STRICT: "alleen voor wie het nodig heeft in uw eigen organisatie",
    Tlp.RED: "alleen voor de ontvangers die met naam genoemd zijn",
}

_WHY = {
    Relation.NAMED: "de afzender noemt u als ontvanger",
    Relation.ASKED: "deze vraag is aan u gesteld",
    Relation.ASKER: "u stelde deze vraag",
    Relation.HAD_EARLIER: "u kreeg het antwoord dat niet meer geldt",
    Relation.CORE_TEAM: "u bent het kernteam van {function}",
    Relation.COORDINATOR: "u coördineert {function}",
    Relation.MINISTRY: "u bent verantwoordelijk voor {function}",
    Relation.OPERATOR: "u beheert {function} in {area}",
    Relation.UMBRELLA: "u bent koepel voor {function}",
    Relation.SUPERVISOR: "u houdt toezicht op {function}",
    Relation.ADVISER: "u adviseert over {function}",
    Relation.MUNICIPALITY: "het gaat over uw gemeente ({area})",
    Relation.PROVINCE: "het gaat over uw provincie ({area})",
    Relation.WATER_BOARD: "het gaat over uw waterschap ({area})",
    Relation.SAFETY_REGION: "het gaat over uw veiligheidsregio ({area})",
    Relation.DEPENDENT_CORE_TEAM: "{function} hangt hiervan af (keteneffect)",
    Relation.PARTLY_DEPENDENT_CORE_TEAM: "{function} hangt hier voor een deel van af (keteneffect)",
    Relation.SUBSCRIBER: "u hebt zich hierop geabonneerd",
    Relation.OVERALL_CORE_TEAM: "u bent het overkoepelend kernteam",
}

_WHY_WIDER = {
    Relation.MUNICIPALITY: "het gaat over {area}, en dus ook over uw gemeente",
    Relation.PROVINCE: "het gaat over {area}, en dus ook over uw provincie",
    Relation.WATER_BOARD: "het gaat over {area}, en dus ook over uw waterschap",
    Relation.SAFETY_REGION: "het gaat over {area}, en dus ook over uw veiligheidsregio",
}
"""Where the area is of a wider kind than that of the party."""
_WIDTH = {"GM": 0, "WS": 1, "VR": 1, "PV": 2, "NL": 3}
_OWN_KIND = {
    Relation.MUNICIPALITY: "GM",
    Relation.WATER_BOARD: "WS",
    Relation.SAFETY_REGION: "VR",
    Relation.PROVINCE: "PV",
}

WHY_NOT = {
    WhyNot.UNKNOWN_PARTY: "deze partij staat niet in het register",
    WhyNot.PARTY_ENDED: "deze partij doet niet meer mee",
    WhyNot.PUBLISHER: "dit is de afzender",
    WhyNot.ASKED: "deze partij krijgt het verzoek in haar bundel",
    WhyNot.NO_RELATION: "deze partij heeft niets met de functies en gebieden van deze gebeurtenis te maken",
    WhyNot.CLEARANCE_TOO_LOW: "deze partij mag dit label niet ontvangen",
    WhyNot.NOT_NAMED: "bij dit label krijgen alleen genoemde ontvangers het, en deze partij is niet genoemd",
    WhyNot.NO_NEED_TO_KNOW: "deze partij heeft dit niet nodig voor haar eigen taak",
    WhyNot.MAY_NOT_KNOW: "deze partij mag dit bij dit label niet weten",
    WhyNot.EXERCISE: "dit is een oefening, en deze partij is echt",
    WhyNot.ONLY_EXERCISES: "deze partij is er alleen voor oefeningen, en dit is echt",
    WhyNot.UNSUBSCRIBED: "deze partij heeft zich hiervoor afgemeld",
    WhyNot.NOT_IN_POLICY: "wie deze rol heeft, krijgt dit soort gebeurtenis niet",
}

REQUEST_STATES = {
    "waiting": "wacht op de volgende bundel",
    "joined-sent": "loopt mee met een vraag die de beheerder al heeft",
    "sent": "ligt bij de beheerder",
    "answered": "beantwoord",
    "not-shared": "beantwoord aan een ander; dit antwoord is niet met u gedeeld",
    "declined": "afgewezen door de beheerder",
    "expired": "verlopen",
    "withdrawn": "ingetrokken",
    "withheld": "niet gesteld: de beheerder mag dit niet ontvangen of doet niet meer mee",
}
DELIVERY_STATES = {
    State.PENDING: "moet nog",
    State.SENT: "verstuurd",
    State.DELIVERED: "bezorgd",
    State.ACKNOWLEDGED: "ontvangst blijkt",
    State.FAILED: "mislukt, gaat opnieuw",
    State.GIVEN_UP: "opgegeven",
    State.WITHHELD: "tegengehouden",
}
_WAYS = {
    "mail": "mail",
    "bundle": "bundel",
    "pull": "opgehaald",
    "feed": "feed",
    "webhook": "webhook",
    "topic": "topic op Kafka",
    "matrix": "kamer op Matrix",
}


def way_name(way: str) -> str:
    """A way out in words: its channel, and the name of the system."""
    channel, _, name = way.partition(":")
    return f"{channel_name(channel)} {name}".strip()


def channel_name(channel: str) -> str:
    return said(_WAYS.get(channel, channel))


_WHY_LATER = {
    Why.FIRST_SLOT: "dat is het eerste moment waarop het kan",
    Why.BEHIND_OTHERS: "andere vragers zijn eerst aan de beurt",
    Why.WAITS_FOR_MORE: "vragen gaan samen weg, zodra er genoeg zijn of één niet langer kan wachten",
    Why.TOO_SOON: "de beheerder krijgt niet te vaak een bundel",
    Why.QUIET: "de beheerder heeft om rust gevraagd",
    Why.NOTHING_ROUTINE: "de beheerder ontvangt nu geen gewone vragen",
    Why.NO_PLACE: "de beheerder heeft geen plaats voor vragen met dit label",
    Why.NOT_YET: "de vraag telt nu nog niet mee",
    Why.EXPIRES_FIRST: "de vraag verloopt voordat zij aan de beurt kan zijn",
}
ITEM_STATES = {
    "waiting": "wacht",
    "sent": "ligt bij de beheerder",
    "answered": "beantwoord",
    "declined": "afgewezen",
    "expired": "verlopen",
    "withdrawn": "ingetrokken, of bij een andere vraag gevoegd",
    "withheld": "niet gesteld",
}


def day(value: date) -> str:
    """3 maart 2027."""
    return f"{value.day} {said(_MONTHS[value.month - 1])} {value.year}"


def days(first: date, last: date) -> str:
    """3 maart 2027 tot en met 5 maart 2027."""
    return said("{first} tot en met {last}", first=day(first), last=day(last))


def moment(value: datetime) -> str:
    """dinsdag 3 maart 2027, 10:00 uur, on Dutch clocks."""
    return said("{day}, {time} uur", day=day_of(value), time=f"{value.astimezone(AMSTERDAM):%H:%M}")


def day_of(value: datetime) -> str:
    """dinsdag 3 maart 2027, on Dutch clocks."""
    local = value.astimezone(AMSTERDAM)
    return f"{said(DAYS[local.weekday()])} {day(local.date())}"


def leaves(when: Leaves) -> str:
    """By when a request goes to its operator, and why not sooner, as a sentence."""
    why = said(_WHY_LATER[when.why])
    if when.by is None:
        return said("Wanneer de vraag naar de beheerder gaat, is niet te zeggen: {why}.", why=why)
    return said(
        "Gaat uiterlijk {by} naar de beheerder, als er niets bijkomt: {why}.", by=moment(when.by), why=why
    )


def number(value: int) -> str:
    """12.500; in English 12,500."""
    return f"{value:,}".replace(",", "." if is_dutch() else ",")


LANGUAGES = {"nl": "Nederlands", "en": "Engels"}
LEVELS = {"usual": "alles", "serious": "wat ernstig is of haast heeft", "urgent": "alleen wat haast heeft"}


def mail_kind(kind: str) -> str:
    """What a party can stop, in words: the digest, or a kind of event."""
    return said("het overzicht") if kind == DIGEST else f"'{_kind_name(_KINDS[kind])}'"


def type_name(event: Envelope) -> str:
    return _kind_name(BY_TYPE[event.type])


def _kind_name(kind: EventType) -> str:
    return kind.name_nl if is_dutch() else kind.short.replace("-", " ").capitalize()


def tlp_meaning(tlp: Tlp) -> str:
    """What a label means for whoever receives it."""
    return said(TLP_MEANING[tlp])


def title(event: Envelope, most: int = 90) -> str:
    """The title of an event in one line: its own, or the start of its text."""
    if isinstance(event.data, ChainEffectSignalledData) and not is_dutch():
        return said(_SIGNALS[event.data.state])  # the hub gave it its own title, in Dutch
    named = (getattr(event.data, name, None) for name in ("title", "text", "reason"))
    text = next((text for text in named if text), event.subject)
    return shortened(" ".join(str(text).split()), most)


def shortened(text: str, most: int) -> str:
    """The text, cut at a blank when it has more than `most` characters."""
    return text if len(text) <= most else f"{text[: most - 1].rsplit(' ', 1)[0]}…"


def functions(event: Envelope, register: Register) -> str:
    return ", ".join(function_name(slug, register) for slug in event.functions)


def function_name(slug: str | None, register: Register) -> str:
    facts = register.functions.get(cast(FunctionSlug, slug)) if slug else None
    if facts is None:
        return str(slug)
    return facts.name_nl if is_dutch() else facts.name_en


def areas(codes: Iterable[str], register: Register, most: int | None = None) -> str:
    """The names of areas; of more than `most`, the first ones and how many more."""
    names = [area_name(code, register) for code in codes]
    if most is None or len(names) <= most:
        return ", ".join(names)
    return said("{names} en nog {more}", names=", ".join(names[:most]), more=len(names) - most)


def area_name(code: str | None, register: Register) -> str:
    """The name of an area with its kind where that is needed to tell it apart."""
    found = register.areas.get(code or "") or _former(code or "", register)
    if code is None or found is None:
        return str(code)
    kind = {"PV": "provincie {name}", "VR": "veiligheidsregio {name}"}.get(code[:2])
    return said(kind, name=found.name) if kind else found.name


HUB_IS_MUTE = (
    "Kernhub heeft nog zijn eigen nummer voor tests. Wat de hub zelf vertelt, zoals de stand van een "
    "verzoek of een keteneffect, bereikt daarom geen echte partij. Geef de partij 'kernhub' in het "
    "register een eigen OIN."
)
"""What whoever runs the hub must hear while real parties take part."""


def party_name(slug: str, register: Register) -> str:
    party = register.parties.get(slug) or _former(slug, register)
    return party.name if party else slug


def doubt(reason: str) -> str:
    """Why a person must decide on a mail of its party, as that was kept, in the language of now."""
    why = next((str(one) for one in WhyDoubted if reason.startswith(one)), reason)
    return said(why) + reason.removeprefix(why)


def _former(key: str, register: Register) -> Party | AreaFacts | None:
    former = register.former.get(key)
    return former.facts if former else None


def _why(reason: Reason, register: Register) -> str:
    relation, area = Relation(reason.relation), reason.area
    own, kind = _OWN_KIND.get(relation), (area or "")[:2]
    is_wider = own is not None and _WIDTH.get(kind, -1) > _WIDTH[own]
    found = register.areas.get(area or "") if own == kind else None
    return said(
        (_WHY_WIDER if is_wider else _WHY)[relation],
        function=function_name(reason.function, register),
        area=found.name if found else area_name(area, register),
    )


def why(reasons: Sequence[Reason], register: Register) -> str:
    """Why a party receives an event, in one sentence."""
    texts = dict.fromkeys(_why(reason, register) for reason in reasons)
    return "; ".join(texts)
