"""Signed notes: as others write them, and nothing else passes."""

from datetime import UTC, datetime
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.rules.ledger.heads import Receipt, TreeHead, head_in, receipt_in, signed_head
from hub.rules.ledger.keys import NewKey, new_key_in
from hub.rules.ledger.notes import NoteWrong, Signer, Verifier, opened, signed

NAME = "kernhub.example/ledger"
SIGNER, OTHER = Signer.made(NAME), Signer.made(NAME)
AT = datetime(2027, 6, 1, 8, tzinfo=UTC)
HEAD = signed_head(7, bytes(range(32)), AT, SIGNER)

_PUBLISHED = (
    "This is an example message.\n\n"
    "\u2014 example.com/foo "
    "Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=\n"
)
_PUBLISHED_KEY = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k"
"""A note and its key as the specification's own libraries show them."""


def test_a_note_of_others_opens() -> None:
    key = Verifier.read(_PUBLISHED_KEY)
    assert str(key) == _PUBLISHED_KEY
    assert opened(_PUBLISHED, [key]) == ("This is an example message.\n", [key])


def test_a_key_comes_back_from_how_it_is_written() -> None:
    assert Signer.read(SIGNER.written()).verifier == SIGNER.verifier
    assert Verifier.read(str(SIGNER.verifier)) == SIGNER.verifier
    # The secret is in base64, which has a + too.
    assert SIGNER.written().partition(f"+{SIGNER.verifier.hash.hex()}+")[2] not in repr(SIGNER)


@pytest.mark.parametrize("name", ["", "two words", "a+b", "naam\n"])
def test_a_name_that_would_break_a_note_is_refused(name: str) -> None:
    with pytest.raises(NoteWrong):
        Signer.made(name)


@given(st.integers(0, len(HEAD.encode()) * 8 - 1))
def test_any_flipped_bit_of_a_tree_head_is_found(bit: int) -> None:
    changed = bytearray(HEAD.encode())
    changed[bit // 8] ^= 1 << bit % 8
    with pytest.raises((NoteWrong, UnicodeDecodeError)):
        head_in(changed.decode(), [SIGNER.verifier])


def test_a_tree_head_says_what_was_signed_and_by_whom() -> None:
    head, key = head_in(HEAD, [OTHER.verifier, SIGNER.verifier])
    assert head == TreeHead(NAME, 7, bytes(range(32)), AT)
    assert key == SIGNER.verifier
    with pytest.raises(NoteWrong, match="sleutel die wij kennen"):
        head_in(HEAD, [OTHER.verifier])


def test_one_kind_of_note_never_passes_for_another() -> None:
    receipt = signed(Receipt(NAME, bytes(32), UUID(int=1), AT).text(), SIGNER)
    assert receipt_in(receipt, [SIGNER.verifier]).event_key == UUID(int=1)
    with pytest.raises(NoteWrong):
        head_in(receipt, [SIGNER.verifier])
    with pytest.raises(NoteWrong):
        receipt_in(HEAD, [SIGNER.verifier])
    with pytest.raises(NoteWrong):
        new_key_in(HEAD, None)


def test_a_new_key_needs_both_signatures() -> None:
    text = NewKey(NAME, OTHER.verifier, SIGNER.verifier).text()
    assert new_key_in(signed(text, SIGNER, OTHER), SIGNER.verifier) == OTHER.verifier
    for by in ((SIGNER,), (OTHER,)):
        with pytest.raises(NoteWrong):
            new_key_in(signed(text, *by), SIGNER.verifier)
    stranger = Signer.made("elsewhere.example/ledger")
    both = NewKey(stranger.name, stranger.verifier, SIGNER.verifier).text()
    with pytest.raises(NoteWrong, match="ander grootboek"):
        new_key_in(signed(both, SIGNER, stranger), SIGNER.verifier)


def test_a_first_key_can_not_be_put_behind_one_that_it_never_knew() -> None:
    """Else who makes a ledger anew could end it with the key that everybody knows."""
    note = signed(NewKey(NAME, SIGNER.verifier).text(), SIGNER)
    assert new_key_in(note, None) == SIGNER.verifier
    text, _, signatures = note.rpartition("\n\n")
    forged = f"{text}\n\n{signatures}{signed(text + chr(10), OTHER).rpartition(chr(10) * 2)[2]}"
    assert len(opened(forged, [SIGNER.verifier, OTHER.verifier])[1]) == 2
    with pytest.raises(NoteWrong, match="ander grootboek"):
        new_key_in(forged, OTHER.verifier)
