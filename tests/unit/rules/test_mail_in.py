"""Reply addresses, what of a reply is its own, and which question each part answers."""

import time
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.rules.mail_in.own_text import ABOVE, own_text
from hub.rules.mail_in.parts import Part, Parts, given_twice, parts_of
from hub.rules.mail_in.tokens import Purpose, address_for, is_signed, read_address

_BASE = "antwoord@hub.example"
_KEY, _NEWER = b"k" * 32, b"n" * 32
_MAIL = UUID("6f6bd1ce-2d5f-5c8e-9b5a-2f5f8b1f6d11")


@given(st.uuids(), st.sampled_from(list(Purpose)), st.sampled_from(["lower", "upper", "title"]))
def test_an_address_survives_what_mail_systems_make_of_its_capitals(
    mail: UUID, purpose: Purpose, how: str
) -> None:
    address = address_for(purpose, mail, "enexis", _BASE, _KEY)
    token = read_address(getattr(address, how)(), _BASE)
    assert token is not None
    assert (token.purpose, token.mail_key) == (purpose, mail)
    assert is_signed(token, "enexis", [_NEWER, _KEY])
    assert not is_signed(token, "kpn", [_KEY])
    assert not is_signed(token, "enexis", [_NEWER])
    assert len(address.partition("@")[0]) <= 64


@given(st.integers(0, 41), st.sampled_from("abcdefghijklmnopqrstuvwxyz234567"))
def test_an_address_with_one_other_character_is_not_ours(place: int, other: str) -> None:
    local, _, domain = address_for(Purpose.REPLY, _MAIL, "enexis", _BASE, _KEY).partition("@")
    at = len("antwoord+r") + place
    changed = f"{local[:at]}{other}{local[at + 1 :]}@{domain}"
    token = read_address(changed, _BASE)
    assert changed == f"{local}@{domain}" or token is None or not is_signed(token, "enexis", [_KEY])


def test_an_address_for_a_bounce_is_no_use_for_a_reply() -> None:
    address = address_for(Purpose.BOUNCE, _MAIL, "enexis", _BASE, _KEY).replace("+b", "+r")
    token = read_address(address, _BASE)
    assert token is not None
    assert not is_signed(token, "enexis", [_KEY])


@given(st.text(max_size=200))
def test_any_text_is_an_address_or_none(text: str) -> None:
    assert read_address(text, _BASE) is None


@pytest.mark.parametrize(
    "below",
    [
        "Op di 1 jun 2027 om 10:00 schreef Kernhub <kernhub@hub.example>:\n\n> 1. vraag",
        "Op 1 juni 2027 om 10:00\nschreef Kernhub <kernhub@hub.example>:\n> 1. vraag",
        "Op verzoek schreef Kernhub:\n> x",
        "On Tue, Jun 1, 2027 at 10:00 AM Kernhub <kernhub@hub.example> wrote:\n> x",
        "Van: Kernhub <k@hub.example>\nVerzonden: 1 juni 2027\nAan: Enexis\nOnderwerp: Bundel\n\n1. x",
        "*Van:* Kernhub\n*Datum:* 1 juni\n*Aan:* Enexis\n\n1. x",
        "Von: Kernhub\nGesendet: Dienstag\nAn: Enexis\nBetreff: Bundel\n\n1. x",
        "________________________________\nVan: Kernhub\nVerzonden: nu\nAan: Enexis\n\n1. x",
        "Op 1 jun 2027 om 10:00 heeft Kernhub <k@hub.example> het volgende geschreven:\n\n1. x",
        "-----Oorspronkelijk bericht-----\n1. x",
        "---------- Forwarded message ---------\n1. x",
        f"> {ABOVE}\n1. x",
        "-- \nJan\n24-2: dit hoort bij de ondertekening",
        "> 24-2: dit is een citaat",
    ],
)
def test_what_is_quoted_below_is_no_answer(below: str) -> None:
    assert own_text(f"24-1: Ja.\r\nOp die plek wel.\n\n{below}") == "24-1: Ja.\nOp die plek wel."


@given(st.text(max_size=500))
def test_own_text_is_made_of_lines_of_the_text(text: str) -> None:
    lines = {line.strip() for line in text.replace("\r", "\n").split("\n")}
    assert {line.strip() for line in own_text(text).split("\n")} <= lines | {""}
    parts_of(own_text(text))


@pytest.mark.parametrize(
    "piece",
    [
        "Op ",
        "Op a\n",
        "\n",
        "Van: a\n",
        "_" * 10 + "\n",
        "24-1 a\n",
        "Op schreef ",
        "> ",
        "- ",
        "1-1 ",
        "1.\n",
        " \n",
    ],
)
def test_no_text_takes_long(piece: str) -> None:
    begin = time.process_time()
    parts_of(own_text(piece * (200_000 // len(piece))))
    assert time.process_time() - begin < 5


def test_an_answer_that_begins_like_an_attribution_stays() -> None:
    text = "24-1: Nee.\nOp die plek wel.\nOp 1 juni schreef Kernhub:\n> x"
    assert own_text(text) == "24-1: Nee.\nOp die plek wel."


def test_one_reply_answers_several_questions_by_number() -> None:
    text = "Beste,\n\n24-3: Acht uur.\n1. Noord\n2. Zuid\nVraag 24-5. Nee."
    assert parts_of(text) == Parts(
        "Beste,", (Part(24, 3, "Acht uur.\n1. Noord\n2. Zuid"), Part(24, 5, "Nee."))
    )
    assert parts_of("3. Ja\n4) Nee").parts == (Part(None, 3, "Ja"), Part(None, 4, "Nee"))


def test_text_without_numbers_is_one_piece_and_a_number_given_twice_is_told() -> None:
    assert parts_of("Acht uur, 24-7 bereikbaar.").parts == (Part(None, None, "Acht uur, 24-7 bereikbaar."),)
    assert parts_of(" \n").parts == ()
    assert given_twice(parts_of("24-1: ja\n24-2: nee\n24-1: toch niet").parts) == {(24, 1)}
