"""Proofs against the definitions of RFC 9162, written out as they stand there."""

from functools import cache
from hashlib import sha256

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hub.rules.ledger.paths import (
    consistency_path,
    inclusion_path,
    proves_consistency,
    proves_inclusion,
)
from hub.rules.ledger.tiles import Growing, Tile, edge_of, proof, tiles_of
from hub.rules.ledger.tree import leaf_hash

_MOST = 600
LEAVES = [leaf_hash(str(number).encode()) for number in range(_MOST)]


@cache
def _mth(start: int, end: int) -> bytes:
    """MTH(D[start:end])."""
    if start == end:
        return sha256(b"").digest()
    if end - start == 1:
        return LEAVES[start]
    middle = start + _half(end - start)
    return sha256(b"\x01" + _mth(start, middle) + _mth(middle, end)).digest()


def _half(size: int) -> int:
    half = 1
    while half * 2 < size:
        half *= 2
    return half


def _path(index: int, start: int, end: int) -> list[bytes]:
    """PATH(index - start, D[start:end]), section 2.1.3.1."""
    if end - start == 1:
        return []
    middle = start + _half(end - start)
    if index < middle:
        return [*_path(index, start, middle), _mth(middle, end)]
    return [*_path(index, middle, end), _mth(start, middle)]


def _subproof(old: int, start: int, end: int, complete: bool) -> list[bytes]:
    """SUBPROOF(old - start, D[start:end], complete), section 2.1.4.1."""
    if old == end:
        return [] if complete else [_mth(start, end)]
    middle = start + _half(end - start)
    if old <= middle:
        return [*_subproof(old, start, middle, complete), _mth(middle, end)]
    return [*_subproof(old, middle, end, False), _mth(start, middle)]


def _tiles(size: int, step: int) -> dict[Tile, bytes]:
    """The tiles of a tree that grew by `step` leaves at a time, each time from what was kept."""
    kept: dict[Tile, bytes] = {}
    for start in range(0, size, step):
        growing = Growing(start, {tile: kept[tile] for tile in edge_of(start)})
        assert growing.root() == _mth(0, start)
        kept |= growing.add(b"".join(LEAVES[start : min(start + step, size)]))
        assert growing.root() == _mth(0, growing.size)
    return kept


_sizes = st.integers(1, _MOST)


@settings(max_examples=60)
@given(_sizes, st.integers(1, 300), st.data())
def test_an_inclusion_proof_is_the_one_of_the_definition(size: int, step: int, data: st.DataObject) -> None:
    index = data.draw(st.integers(0, size - 1))
    path = inclusion_path(index, size)
    made = proof(path, _tiles(size, step))
    assert made == _path(index, 0, size)
    assert len(made) <= size.bit_length()
    assert len(tiles_of(path)) <= 4
    assert proves_inclusion(LEAVES[index], index, size, made, _mth(0, size))


@settings(max_examples=60)
@given(_sizes, st.integers(1, 300), st.data())
def test_a_consistency_proof_is_the_one_of_the_definition(size: int, step: int, data: st.DataObject) -> None:
    old = data.draw(st.integers(0, size))
    made = proof(consistency_path(old, size), _tiles(size, step))
    assert made == (_subproof(old, 0, size, True) if old else [])
    assert proves_consistency(old, size, _mth(0, old), _mth(0, size), made)


@given(_sizes, st.data())
def test_a_proof_proves_nothing_else(size: int, data: st.DataObject) -> None:
    index, other = data.draw(st.integers(0, size - 1)), data.draw(st.integers(0, size + 3))
    made, root = _path(index, 0, size), _mth(0, size)
    if other != index:
        assert not proves_inclusion(LEAVES[index], other, size, made, root)
    assert not proves_inclusion(sha256(b"other").digest(), index, size, made, root)
    assert not proves_inclusion(LEAVES[index], index, size, [*made, root], root)
    for place in range(len(made)):
        changed = [*made[:place], sha256(made[place]).digest(), *made[place + 1 :]]
        assert not proves_inclusion(LEAVES[index], index, size, changed, root)
        assert not proves_inclusion(LEAVES[index], index, size, made[:place] + made[place + 1 :], root)


@given(st.integers(1, _MOST - 1), st.data())
def test_a_rewritten_past_has_no_consistency_proof(size: int, data: st.DataObject) -> None:
    old = data.draw(st.integers(1, size))
    made, root = _subproof(old, 0, size, True), _mth(0, size)
    rewritten = sha256(b"rewritten").digest()
    assert not proves_consistency(old, size, rewritten, root, made)
    assert not proves_consistency(old, size, _mth(0, old), rewritten, made)
    assert not proves_consistency(old, size, _mth(0, old), root, [*made, root])
    for place in range(len(made)):
        changed = [*made[:place], rewritten, *made[place + 1 :]]
        assert not proves_consistency(old, size, _mth(0, old), root, changed)


def test_every_tree_begins_with_the_empty_one_and_none_with_a_longer_one() -> None:
    assert proves_consistency(0, 5, _mth(0, 0), _mth(0, 5), [])
    assert not proves_consistency(0, 5, _mth(0, 1), _mth(0, 5), [])
    assert not proves_consistency(5, 4, _mth(0, 5), _mth(0, 4), [])
    for wrong in (lambda: inclusion_path(5, 5), lambda: consistency_path(6, 5)):
        with pytest.raises(ValueError, match="5"):
            wrong()


def test_a_proof_among_ten_million_needs_no_more_than_its_depth() -> None:
    path = inclusion_path(7_654_321, 10_000_000)
    assert len(path) == 24
    assert sum(map(len, path)) < 48
    assert len(tiles_of(path)) <= 6
