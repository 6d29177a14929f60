"""Does a reply answer questions? In doubt it answers nothing, and who wrote it must be of the party."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.rules.mail_in.bouncing import told_of_bounce
from hub.rules.mail_in.judging import Doubt, Said, Why, is_sender_of, said_in_reply
from hub.rules.mail_in.own_text import ABOVE
from tests.registers import REGISTER


@pytest.mark.parametrize(
    ("text", "bundle", "numbers", "meant"),
    [
        ("Acht uur.", 24, [1], [Said(24, 1, "Acht uur.")]),
        ("Acht uur.", 24, [1, 2], Why.NO_NUMBER),
        ("Acht uur.", 24, [], Why.NO_NUMBER),
        ("2. Ja", 24, [1, 2], [Said(24, 2, "Ja")]),
        ("23-5: Ja\n24-1: Nee", 24, [1], [Said(23, 5, "Ja"), Said(24, 1, "Nee")]),
        ("23-5: Ja", None, [], [Said(23, 5, "Ja")]),
        ("3. Ja", None, [], Why.NO_NUMBER),
        ("24-1: Ja\n24-1: Nee", 24, [1], Why.TWICE),
        ("24-1:\n24-2: Nee", 24, [1, 2], Why.EMPTY_NUMBER),
        ("x" * 300 + "\n24-1: Ja", 24, [1], Why.LONG_BEFORE),
        ("24-1: Ja\n24\u20132: Nee", 24, [1, 2], [Said(24, 1, "Ja"), Said(24, 2, "Nee")]),
        ("24-1: Ja\n24-2 Nee", 24, [1, 2], Why.LOOSE_NUMBER),
        ("24-2 Nee\n24-1: Ja", 24, [1, 2], Why.LOOSE_NUMBER),
        ("24-1: Ja\n * 24 \u2013 2: Nee", 24, [1, 2], Why.LOOSE_NUMBER),
        ("23-5: Ja\n23-6 Nee", None, [], Why.LOOSE_NUMBER),
        ("24-1: Ja\n24-7 bereikbaar", 24, [1, 2], [Said(24, 1, "Ja\n24-7 bereikbaar")]),
        ("24-1 Ja", 24, [1], [Said(24, 1, "24-1 Ja")]),
        ("\n> 24-1: Ja", 24, [1], Why.EMPTY),
        (f"Zie onder\n> {ABOVE}\n> 1. vraag\nDit is het.", 24, [1], Why.BELOW),
        (f"Ja.\n> {ABOVE}\n> 1. vraag\n\n-- \nJan", 24, [1], [Said(24, 1, "Ja.")]),
    ],
)
def test_what_a_reply_says_or_why_a_person_must_tell(
    text: str, bundle: int | None, numbers: list[int], meant: list[Said] | Why
) -> None:
    said = said_in_reply(text, bundle, numbers)
    assert (said.why if isinstance(said, Doubt) else said) == meant


_ASKED = (
    "1. Hoe laat bent u er?\nKies uw mail:\nhttps://hub.example/a",
    "1. Hoe laat bent u er? Kies uw mail",
)


@pytest.mark.parametrize(
    ("below", "is_own"),
    [
        ("1. Hoe laat\nbent u er?\n\nKies uw mail<https://hub.example/a>", False),
        ("1. Hoe laat bent u er?\nAcht uur.\nKies uw mail", True),
        ("1. Hoe laat bent u er?\nLaat.\nKies uw mail", True),
        ("1. Hoe laat bent u er? 8\nKies uw mail", True),
    ],
)
def test_an_answer_in_what_is_quoted_without_marks_is_not_lost(below: str, is_own: bool) -> None:
    text = f"Zie hieronder, in rood.\n\nVan: Kernhub\nVerzonden: nu\nAan: u\n\n{ABOVE}\n{below}"
    said = said_in_reply(text, 24, [1], _ASKED)
    assert said == (Doubt(Why.BELOW) if is_own else [Said(24, 1, "Zie hieronder, in rood.")])


@given(st.text(max_size=300), st.none() | st.integers(1, 99), st.lists(st.integers(1, 9), max_size=3))
def test_any_reply_is_an_answer_with_text_to_each_number_once_or_a_doubt(
    text: str, bundle: int | None, numbers: list[int]
) -> None:
    said = said_in_reply(text, bundle, numbers)
    if isinstance(said, Doubt):
        assert said.reason
    else:
        assert said
        assert all(one.text for one in said)
        assert len({one.reference for one in said}) == len(said)


def test_a_sender_is_of_a_party_by_its_mailbox_or_by_a_domain_that_is_its_own() -> None:
    parties = {
        slug: replace(REGISTER.parties[slug], mailbox=mailbox)
        for slug, mailbox in {
            "enexis": "Team@enexis-netbeheer.nl",
            "kpn": "team@gmail.com",
            "gm0935": "klimaat@samen.nl",
            "gm0994": "water@samen.nl",
        }.items()
    }
    register = replace(REGISTER, parties=REGISTER.parties | parties)
    good = [
        ("team@ENEXIS-netbeheer.nl", "enexis"),
        ("jan@enexis-netbeheer.nl", "enexis"),
        ("team@gmail.com", "kpn"),
        ("klimaat@samen.nl", "gm0935"),
    ]
    bad = [
        ("jan@gmail.com", "kpn"),
        ("water@samen.nl", "gm0935"),
        ("jan@samen.nl", "gm0935"),
        ("jan@x.enexis-netbeheer.nl", "enexis"),
        ("jan@evil-enexis-netbeheer.nl", "enexis"),
        ("", "enexis"),
        ("enexis-netbeheer.nl", "enexis"),
        ("jan@enexis-netbeheer.nl", "nobody"),
    ]
    assert all(is_sender_of(sender, party, register) for sender, party in good)
    assert not any(is_sender_of(sender, party, register) for sender, party in bad)


def test_of_every_pair_of_parties_neither_mails_for_the_other() -> None:
    for one in REGISTER.parties.values():
        assert [party for party in REGISTER.parties if is_sender_of(one.mailbox, party, REGISTER)] == [
            one.slug
        ]


def test_of_a_bounce_hear_the_owner_and_who_coordinates_and_an_exercise_stays_apart() -> None:
    told = told_of_bounce("enexis", REGISTER)
    assert told == ["enexis", "min-ezk"]
    real = replace(REGISTER.parties["min-ezk"], oin="00000001234567890000", kvk="")
    register = replace(REGISTER, parties=REGISTER.parties | {"min-ezk": real})
    assert told_of_bounce("enexis", register) == ["enexis"]
