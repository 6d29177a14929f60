"""Does a reply answer questions, or must a person decide? In doubt it answers nothing."""

from collections.abc import Sequence
from enum import StrEnum
from typing import NamedTuple

from hub.register.model import Register
from hub.rules.mail_in.own_text import is_written_below, own_text
from hub.rules.mail_in.parts import given_twice, loosely_numbered, parts_of

_MOST_BEFORE = 200
"""Characters before the first number: a greeting is no part of an answer, and what is longer may be."""


_OF_ANYBODY = frozenset(
    {
        "gmail.com", "outlook.com", "hotmail.com", "live.nl", "live.com", "icloud.com", "yahoo.com",
        "proton.me", "ziggo.nl", "kpnmail.nl", "xs4all.nl", "planet.nl", "hetnet.nl",
        "home.nl", "upcmail.nl", "casema.nl",
    }
)  # fmt: skip
"""Domains at which anybody can have an address: there a party is its mailbox alone."""


class Why(StrEnum):
    """Why a person must decide, in words to that person."""

    UNREADABLE = "De hub kan deze mail niet lezen."
    NO_REPLY = "Het adres waaraan dit gestuurd is, is niet het antwoordadres van een mail van de hub."
    FOREIGN_SENDER = "De afzender hoort niet bij de postbus van deze partij in het register."
    ATTACHMENTS = "Er zitten bijlagen bij; de hub geeft die niet door."
    EMPTY = "Er staat geen antwoord in dat de hub kan lezen."
    EMPTY_NUMBER = "Bij dit nummer staat geen antwoord"
    BELOW = "Er staat ook tekst tussen of onder wat u aanhaalt; die kan bij een antwoord horen."
    LONG_BEFORE = "Voor het eerste nummer staat nog tekst; die kan bij een antwoord horen."
    NO_NUMBER = "Er staat niet bij welke vraag dit antwoord hoort (een nummer zoals 24-3)."
    LOOSE_NUMBER = "Achter dit nummer staat geen dubbele punt; het kan een ander antwoord zijn"
    UNKNOWN_NUMBER = "Onder dit nummer staat geen vraag aan deze partij open"
    ANSWERED = (
        "Deze vraag is al beantwoord; een verbetering stuurt u als gebeurtenis, met in data.supersedes het "
        "antwoord dat zij vervangt"
    )
    TWICE = "Er staan twee antwoorden bij hetzelfde nummer"
    INVITATION = "Dit is een uitnodiging: uit een mail weet de hub niet of de partij toezegt of afzegt"
    REFUSED = "De hub neemt dit antwoord niet aan"


class Doubt(NamedTuple):
    """Why a person must decide, and about what."""

    why: Why
    about: str = ""

    @property
    def reason(self) -> str:
        """In one line."""
        return f"{self.why}: {self.about}" if self.about else str(self.why)


class Said(NamedTuple):
    """What a reply says to question `number` of bundle `bundle`."""

    bundle: int
    number: int
    text: str

    @property
    def reference(self) -> str:
        return f"{self.bundle}-{self.number}"


def said_in_reply(
    text: str, bundle: int | None, numbers: Sequence[int], asked: Sequence[str] = ()
) -> list[Said] | Doubt:
    """What a reply to the mail of this bundle, with these numbers in it, says to each question. `bundle` is
    None for a mail that is of no bundle: then only whole numbers (24-3) tell. `asked`: the forms of that
    mail, as text."""
    if is_written_below(text, *asked):
        return Doubt(Why.BELOW)
    before, parts = parts_of(own_text(text))
    if not parts:
        return Doubt(Why.EMPTY)
    if len(before) > _MOST_BEFORE:
        return Doubt(Why.LONG_BEFORE)
    said = []
    for part in parts:
        number = part.number
        if number is None and len(numbers) == 1:
            number = numbers[0]
        of_bundle = part.bundle if part.bundle is not None else bundle
        if number is None or of_bundle is None:
            return Doubt(Why.NO_NUMBER)
        said.append(Said(of_bundle, number, part.text))
    if twice := given_twice(parts):
        listed = sorted({one.reference for one in said if (one.bundle, one.number) in _whole(twice, bundle)})
        return Doubt(Why.TWICE, ", ".join(listed))
    if empty := [one.reference for one in said if not one.text]:
        return Doubt(Why.EMPTY_NUMBER, ", ".join(empty))
    if loose := _loose(before, said, bundle, numbers):
        return Doubt(Why.LOOSE_NUMBER, ", ".join(loose))
    return said


def _loose(before: str, said: Sequence[Said], bundle: int | None, numbers: Sequence[int]) -> list[str]:
    """Questions of this mail, or of a bundle that is answered, with which a line begins within what is said
    to another: those who asked the one may not learn what is said to the other."""
    asked = {(bundle, number) for number in numbers}
    others = {one.bundle for one in said if one.bundle != bundle}
    texts = [(None, before), *(((one.bundle, one.number), one.text) for one in said)]
    found = [
        number
        for own, text in texts
        for number in loosely_numbered(text)
        if number != own and (number in asked or number[0] in others)
    ]
    return sorted({f"{of}-{number}" for of, number in found})


def _whole(
    numbers: set[tuple[int | None, int | None]], bundle: int | None
) -> set[tuple[int | None, int | None]]:
    return {(bundle if of is None else of, number) for of, number in numbers}


def is_sender_of(sender: str, party: str, register: Register) -> bool:
    """Whether an address is of a party: its mailbox, or another at the same domain when no other party of the
    register has a mailbox there."""
    if party not in register.parties or "@" not in sender:
        return False
    mailbox = register.parties[party].mailbox.lower()
    if sender.lower() == mailbox:
        return True
    domain = _domain(sender)
    return (
        domain == _domain(mailbox)
        and domain not in _OF_ANYBODY
        and not any(
            _domain(other.mailbox) == domain for slug, other in register.parties.items() if slug != party
        )
    )


def _domain(address: str) -> str:
    return address.lower().rpartition("@")[2]
