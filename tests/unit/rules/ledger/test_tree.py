"""The Merkle tree against the definition of RFC 9162, written out as it stands there."""

from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.rules.ledger.tiles import Growing
from hub.rules.ledger.tree import EMPTY_ROOT, leaf_hash, node_hash

_RECORDS = ["", "00", "10", "2021", "3031", "40414243"]
_RECORDS += ["5051525354555657", "606162636465666768696a6b6c6d6e6f"]
"""The leaves that implementations of certificate transparency test each other with."""
_ROOTS = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]


def _root(records: list[bytes]) -> bytes:
    """MTH of RFC 9162, section 2.1.1."""
    if not records:
        return sha256(b"").digest()
    if len(records) == 1:
        return sha256(b"\x00" + records[0]).digest()
    half = 1
    while half * 2 < len(records):
        half *= 2
    return sha256(b"\x01" + _root(records[:half]) + _root(records[half:])).digest()


def _grown(records: list[bytes]) -> Growing:
    tree = Growing(0, {})
    tree.add(b"".join(map(leaf_hash, records)))
    return tree


def test_a_tree_of_any_size_has_the_root_of_the_definition() -> None:
    records = [f"record {number}".encode() for number in range(300)]
    tree = Growing(0, {})
    for size, record in enumerate(records):
        assert (tree.size, tree.root()) == (size, _root(records[:size]))
        tree.add(leaf_hash(record))


@given(st.lists(st.binary(max_size=40), max_size=200))
def test_any_records_have_the_root_of_the_definition(records: list[bytes]) -> None:
    assert _grown(records).root() == _root(records)


@pytest.mark.parametrize("size", range(1, 9))
def test_the_roots_that_others_know_come_out(size: int) -> None:
    records = [bytes.fromhex(record) for record in _RECORDS[:size]]
    assert _grown(records).root().hex() == _ROOTS[size - 1]


@given(st.lists(st.binary(max_size=8), min_size=1, max_size=40), st.data())
def test_a_changed_record_changes_the_root(records: list[bytes], data: st.DataObject) -> None:
    place = data.draw(st.integers(0, len(records) - 1))
    changed = [*records[:place], records[place] + b"x", *records[place + 1 :]]
    assert _grown(changed).root() != _grown(records).root()


@given(st.lists(st.binary(max_size=8), max_size=60), st.integers(0, 60))
def test_a_tree_goes_on_from_its_edge(records: list[bytes], place: int) -> None:
    early = _grown(records[:place])
    later = Growing(early.size, early.edge())
    later.add(b"".join(map(leaf_hash, records[place:])))
    assert (later.root(), later.edge()) == (_grown(records).root(), _grown(records).edge())


def test_a_leaf_can_never_pass_for_a_node() -> None:
    left, right = leaf_hash(b"a"), leaf_hash(b"b")
    assert leaf_hash(left + right) != node_hash(left, right)
    assert Growing(0, {}).root() == EMPTY_ROOT
