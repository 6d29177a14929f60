"""Which nodes of the tree make a proof (RFC 9162, 2.1.3 and 2.1.4), and what a proof proves.

A node `(level, place)` covers the leaves from `place << level` up to `(place + 1) << level`."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from hub.rules.ledger.tree import EMPTY_ROOT, node_hash


class Node(NamedTuple):
    """A full subtree: 2 ** level leaves."""

    level: int
    place: int


Range = tuple[Node, ...]
"""Adjacent full subtrees, largest first. Folded they are one hash of a proof."""


def inclusion_path(index: int, size: int) -> tuple[Range, ...]:
    """What proves that leaf `index` is in the tree of `size` leaves, from the leaf up."""
    if not 0 <= index < size:
        raise ValueError(f"there is no leaf {index} among {size}")
    return tuple(reversed(tuple(_siblings(index, size))))


def consistency_path(old: int, new: int) -> tuple[Range, ...]:
    """What proves that the tree of `new` leaves begins with the tree of `old` leaves."""
    if not 0 <= old <= new:
        raise ValueError(f"a tree of {new} leaves has no beginning of {old}")
    return tuple(reversed(tuple(_differences(old, new)))) if 0 < old < new else ()


def cover(start: int, end: int) -> Range:
    """The full subtrees of these leaves; `start` is where a subtree of that size may begin."""
    nodes = []
    while start < end:
        level = (end - start).bit_length() - 1
        nodes.append(Node(level, start >> level))
        start += 1 << level
    return tuple(nodes)


def fold(hashes: Sequence[bytes]) -> bytes:
    """The hash of adjacent full subtrees, largest first."""
    if not hashes:
        return EMPTY_ROOT
    *larger, node = hashes
    for left in reversed(larger):
        node = node_hash(left, node)
    return node


def proves_inclusion(leaf: bytes, index: int, size: int, proof: Sequence[bytes], root: bytes) -> bool:
    """Whether the tree of `size` leaves with this root has this leaf hash at `index`."""
    if not 0 <= index < size:
        return False
    place, last, node, left_over = index, size - 1, leaf, iter(proof)
    for sibling in left_over:
        if last == 0:
            return False
        if place & 1 or place == last:
            node = node_hash(sibling, node)
            while not place & 1 and place:
                place, last = place >> 1, last >> 1
        else:
            node = node_hash(node, sibling)
        place, last = place >> 1, last >> 1
    return last == 0 and node == root


def proves_consistency(old: int, new: int, old_root: bytes, new_root: bytes, proof: Sequence[bytes]) -> bool:
    """Whether the tree of `new` leaves with its root begins with the tree of `old` leaves with its root."""
    if not 0 <= old <= new:
        return False
    if old == new:
        return not proof and old_root == new_root
    if old == 0:
        return not proof and old_root == EMPTY_ROOT
    given = [old_root, *proof] if old & (old - 1) == 0 else list(proof)
    if not given:
        return False
    place, last = old - 1, new - 1
    while place & 1:
        place, last = place >> 1, last >> 1
    first = second = given[0]
    for node in given[1:]:
        if last == 0:
            return False
        if place & 1 or place == last:
            first, second = node_hash(node, first), node_hash(node, second)
            while not place & 1 and place:
                place, last = place >> 1, last >> 1
        else:
            second = node_hash(second, node)
        place, last = place >> 1, last >> 1
    return last == 0 and first == old_root and second == new_root


def _half(size: int) -> int:
    """The largest power of two below `size`."""
    return 1 << (size - 1).bit_length() - 1


def _siblings(index: int, size: int) -> Iterable[Range]:
    start, end = 0, size
    while end - start > 1:
        middle = start + _half(end - start)
        if index < middle:
            yield cover(middle, end)
            end = middle
        else:
            yield cover(start, middle)
            start = middle


def _differences(old: int, new: int) -> Iterable[Range]:
    start, end = 0, new
    while old != end:
        middle = start + _half(end - start)
        if old <= middle:
            yield cover(middle, end)
            end = middle
        else:
            yield cover(start, middle)
            start = middle
    if start:
        yield cover(start, end)
