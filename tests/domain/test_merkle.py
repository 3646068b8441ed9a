"""The Merkle tree, beside an implementation that we did not write and published vectors."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from functools import cache

import pymerkle
import pytest
from hypothesis import given
from hypothesis import strategies as st

from products.domain.errors import ProofError
from products.domain.merkle import (
    EMPTY_ROOT,
    Frontier,
    NodeId,
    check_consistency,
    check_inclusion,
    consistency_nodes,
    consistency_proof,
    inclusion_nodes,
    inclusion_proof,
    leaf_hash,
    leaf_hash_of_parts,
    leaf_hashes,
    node_hash,
    peaks,
    root_from_peaks,
)

# The leaves, roots and proofs of the reference tests of Certificate Transparency.
REFERENCE_ENTRIES = [
    bytes.fromhex(entry)
    for entry in (
        "",
        "00",
        "10",
        "2021",
        "3031",
        "40414243",
        "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    )
]
REFERENCE_ROOTS = [
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]
LEFT_PAIR = "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"
SECOND = "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7"
SECOND_PAIR = "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e"
THIRD_PAIR = "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a"
FOURTH_PAIR = "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0"
FIFTH = "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b"
SEVENTH = "b08693ec2e721597130641e8211e7eedccb4c26413963eee6c1e2ed16ffb1a5f"
LEFT_HALF = "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7"
RIGHT_HALF = "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4"

ENTRIES = [f"entry {number}".encode() for number in range(64)]
PAIRS = [(old, new) for new in range(1, 65) for old in range(1, new + 1)]


class Nodes:
    """The hashes of complete subtrees, computed when asked for."""

    def __init__(self, entries: Sequence[bytes]) -> None:
        self._leaves = [leaf_hash(entry) for entry in entries]
        self.asked: list[NodeId] = []

    def __call__(self, wanted: Sequence[NodeId]) -> Mapping[NodeId, bytes]:
        self.asked = list(wanted)
        return {node: self._hash(node) for node in wanted}

    def root(self, size: int) -> bytes:
        return root_from_peaks([self._hash(node) for node in peaks(size)])

    def _hash(self, node: NodeId) -> bytes:
        level, index = node
        if not level:
            return self._leaves[index]
        below = level - 1
        return node_hash(self._hash((below, 2 * index)), self._hash((below, 2 * index + 1)))


NODES = Nodes(ENTRIES)


@cache
def foreign_tree() -> pymerkle.InmemoryTree:
    tree = pymerkle.InmemoryTree(algorithm="sha256")
    for entry in ENTRIES:
        tree.append_entry(entry)
    return tree


def foreign_consistency(old: int, new: int) -> list[bytes]:
    return foreign_consistency_of(foreign_tree(), old, new)


def foreign_consistency_of(tree: pymerkle.InmemoryTree, old: int, new: int) -> list[bytes]:
    """The foreign proof in the form of the RFC.

    It follows the old tree's end down to a single leaf on its right; the RFC stops at the subtree.
    """
    proof = tree.prove_consistency(old, new)
    if proof.subset[0]:
        return []
    end_of_old = proof.subset.index(1)
    right = proof.path[0]
    for sibling in proof.path[1:end_of_old]:
        right = proof.hasher.hash_pair(right, sibling)
    last_of_old, *above = proof.path[end_of_old:]
    is_whole_old_tree = not any(proof.subset[end_of_old + 1 :])
    return [right, *above] if is_whole_old_tree else [last_of_old, right, *above]


@pytest.mark.parametrize("size", range(9))
def test_the_roots_are_those_of_the_reference_tree(size: int) -> None:
    frontier = Frontier()
    frontier.extend(leaf_hash(entry) for entry in REFERENCE_ENTRIES[:size])

    assert frontier.root().hex() == REFERENCE_ROOTS[size]
    assert Nodes(REFERENCE_ENTRIES).root(size).hex() == REFERENCE_ROOTS[size]


@pytest.mark.parametrize(
    ("index", "size", "expected"),
    [
        (0, 1, []),
        (0, 8, [SECOND, SECOND_PAIR, RIGHT_HALF]),
        (5, 8, [FIFTH, FOURTH_PAIR, LEFT_HALF]),
        (2, 3, [LEFT_PAIR]),
        (1, 5, [REFERENCE_ROOTS[1], SECOND_PAIR, FIFTH]),
    ],
)
def test_inclusion_proofs_are_those_of_the_reference_tree(
    index: int, size: int, expected: list[str]
) -> None:
    proof = inclusion_proof(index, size, Nodes(REFERENCE_ENTRIES))

    assert [each.hex() for each in proof] == expected


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        (1, 1, []),
        (1, 8, [SECOND, SECOND_PAIR, RIGHT_HALF]),
        (6, 8, [THIRD_PAIR, FOURTH_PAIR, LEFT_HALF]),
        (2, 5, [SECOND_PAIR, FIFTH]),
        (6, 7, [THIRD_PAIR, SEVENTH, LEFT_HALF]),
    ],
)
def test_consistency_proofs_are_those_of_the_reference_tree(
    old: int, new: int, expected: list[str]
) -> None:
    proof = consistency_proof(old, new, Nodes(REFERENCE_ENTRIES))

    assert [each.hex() for each in proof] == expected


def test_the_roots_of_all_sizes_are_those_of_the_foreign_tree() -> None:
    frontier = Frontier()

    for size, entry in enumerate(ENTRIES, start=1):
        frontier.append(leaf_hash(entry))
        assert frontier.size == size
        assert frontier.root() == NODES.root(size) == foreign_tree().get_root(size)


def test_all_inclusion_proofs_are_those_of_the_foreign_tree() -> None:
    checked = 0

    for number, size in PAIRS:
        proof = inclusion_proof(number - 1, size, NODES)
        foreign = foreign_tree().prove_inclusion(number, size)
        assert [leaf_hash(ENTRIES[number - 1]), *proof] == foreign.path
        check_inclusion(
            leaf_hash(ENTRIES[number - 1]),
            number - 1,
            size,
            proof,
            foreign_tree().get_root(size),
        )
        checked += 1

    assert checked == 64 * 65 // 2


def test_all_consistency_proofs_are_those_of_the_foreign_tree() -> None:
    checked = 0

    for old, new in PAIRS:
        proof = consistency_proof(old, new, NODES)
        assert proof == foreign_consistency(old, new)
        check_consistency(
            old, new, foreign_tree().get_root(old), foreign_tree().get_root(new), proof
        )
        checked += 1

    assert checked == 64 * 65 // 2


def test_the_empty_tree_has_the_hash_of_nothing_and_begins_every_tree() -> None:
    proof = consistency_proof(0, 5, NODES)

    check_consistency(0, 5, EMPTY_ROOT, NODES.root(5), proof)
    check_consistency(0, 0, EMPTY_ROOT, EMPTY_ROOT, [])
    assert (proof, Frontier().root()) == ([], hashlib.sha256(b"").digest())


@pytest.mark.parametrize(
    ("old", "new", "old_root", "new_root", "proof"),
    [
        (0, 5, bytes(32), NODES.root(5), []),
        (0, 5, EMPTY_ROOT, NODES.root(5), [NODES.root(5)]),
        (0, 0, EMPTY_ROOT, NODES.root(5), []),
        (5, 5, NODES.root(5), NODES.root(6), []),
        (5, 5, NODES.root(5), NODES.root(5), [NODES.root(5)]),
        (5, 4, NODES.root(5), NODES.root(4), []),
        (-1, 4, NODES.root(5), NODES.root(4), []),
        (3, 5, NODES.root(3), NODES.root(5), []),
        (4, 5, NODES.root(4), NODES.root(5), []),
        (4, 5, NODES.root(4)[1:], NODES.root(5), [leaf_hash(ENTRIES[4])]),
        (4, 5, NODES.root(3), NODES.root(5), [leaf_hash(ENTRIES[4])]),
        (3, 5, NODES.root(4), NODES.root(5), consistency_proof(3, 5, NODES)),
        (3, 5, NODES.root(3), NODES.root(6), consistency_proof(3, 5, NODES)),
        (3, 5, NODES.root(3), NODES.root(5), consistency_proof(3, 5, NODES)[:-1]),
        (3, 5, NODES.root(3), NODES.root(5), [*consistency_proof(3, 5, NODES), bytes(32)]),
    ],
)
def test_a_consistency_proof_that_shows_something_else_is_refused(
    old: int, new: int, old_root: bytes, new_root: bytes, proof: list[bytes]
) -> None:
    with pytest.raises(ProofError):
        check_consistency(old, new, old_root, new_root, proof)


@pytest.mark.parametrize(
    ("index", "size", "proof"),
    [
        (5, 5, inclusion_proof(4, 5, NODES)),
        (-1, 5, inclusion_proof(4, 5, NODES)),
        (3, 5, inclusion_proof(4, 5, NODES)),
        (4, 5, []),
        (4, 5, [*inclusion_proof(4, 5, NODES), bytes(32)]),
        (4, 5, [NODES.root(4) + b"\0"]),
        (4, 5, [bytes(32)]),
    ],
)
def test_an_inclusion_proof_that_shows_something_else_is_refused(
    index: int, size: int, proof: list[bytes]
) -> None:
    with pytest.raises(ProofError):
        check_inclusion(leaf_hash(ENTRIES[4]), index, size, proof, NODES.root(5))


def test_bytes_moved_between_neighbouring_hashes_are_refused() -> None:
    entry, sibling = leaf_hash(ENTRIES[0]), leaf_hash(ENTRIES[1])

    with pytest.raises(ProofError, match="32 bytes"):
        check_inclusion(entry + sibling[:1], 0, 2, [sibling[1:]], NODES.root(2))


@pytest.mark.parametrize(("index", "size"), [(0, 0), (3, 3), (-1, 3)])
def test_there_is_no_inclusion_proof_of_a_leaf_outside_the_tree(index: int, size: int) -> None:
    with pytest.raises(ProofError, match=f"A tree of {size} leaves has no leaf {index}"):
        inclusion_nodes(index, size)


@pytest.mark.parametrize(("old", "new"), [(4, 3), (-1, 3)])
def test_there_is_no_consistency_proof_to_a_smaller_tree(old: int, new: int) -> None:
    with pytest.raises(ProofError, match="is not the beginning of one"):
        consistency_nodes(old, new)


def test_an_inclusion_proof_in_a_million_entries_needs_few_nodes() -> None:
    groups = inclusion_nodes(500_001, 1_000_000)

    assert len(groups) <= 20
    assert sum(len(group) for group in groups) <= 40


@given(st.integers(1, 2**40), st.data())
def test_only_complete_subtrees_are_asked_for_and_each_once(size: int, data: st.DataObject) -> None:
    index = data.draw(st.integers(0, size - 1))
    old = data.draw(st.integers(0, size))

    for groups in (inclusion_nodes(index, size), consistency_nodes(old, size), [peaks(size)]):
        nodes = [node for group in groups for node in group]
        assert all((place + 1) << level <= size for level, place in nodes)
        assert len(nodes) == len(set(nodes))


@given(st.integers(0, 64), st.integers(0, 64))
def test_a_frontier_goes_on_where_another_stopped(first: int, second: int) -> None:
    size = max(first, second)
    before = Frontier()
    before.extend(leaf_hash(entry) for entry in ENTRIES[: min(first, second)])

    after = Frontier(before.size, before.hashes)
    after.extend(leaf_hash(entry) for entry in ENTRIES[before.size : size])

    assert (after.size, after.root()) == (size, NODES.root(size))


def test_a_frontier_tells_the_hashes_of_its_peaks() -> None:
    three = Frontier()
    for entry in ENTRIES[:3]:
        three.append(leaf_hash(entry))

    assert three.hashes == (NODES.root(2), leaf_hash(ENTRIES[2]))


def test_a_frontier_does_not_go_on_from_hashes_of_another_size() -> None:
    with pytest.raises(ValueError, match="A tree of 3 leaves has 2 peaks"):
        Frontier(3, [NODES.root(3)])


@given(st.lists(st.binary(max_size=9)))
def test_entries_one_after_another_have_the_hashes_that_each_has_alone(
    entries: list[bytes],
) -> None:
    ends = [sum(map(len, entries[: number + 1])) for number in range(len(entries))]

    assert leaf_hashes(b"".join(entries), ends) == [leaf_hash(entry) for entry in entries]


@given(st.lists(st.binary(max_size=9)))
def test_an_entry_in_parts_has_the_hash_of_the_whole(parts: list[bytes]) -> None:
    assert leaf_hash_of_parts(parts) == leaf_hash(b"".join(parts))


@given(st.lists(st.integers(0, 9)))
def test_leaves_in_portions_make_the_same_tree_as_one_by_one(portions: list[int]) -> None:
    at_once, alone = Frontier(), Frontier()
    for number, portion in enumerate(portions):
        leaves = [leaf_hash(bytes([number, each])) for each in range(portion)]
        at_once.extend(leaves)
        for leaf in leaves:
            alone.append(leaf)

    assert (at_once.size, at_once.hashes) == (alone.size, alone.hashes)
