"""The Merkle tree over the audit trail, as in RFC 6962 and RFC 9162 section 2.1.

Pure functions of hashes: where nodes are kept is the caller's affair. All hashes are SHA-256, 32
bytes. A node id ``(level, index)`` names the complete subtree over the leaves from
``index * 2**level`` up to, without, ``(index + 1) * 2**level``.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence

from products.domain.errors import ProofError

NodeId = tuple[int, int]
Lookup = Callable[[Sequence[NodeId]], Mapping[NodeId, bytes]]
"""Hashes of the nodes asked for; every node is within the tree, complete, and asked for once."""

HASH_BYTES = 32
EMPTY_ROOT = hashlib.sha256(b"").digest()


def leaf_hash(entry: bytes) -> bytes:
    return hashlib.sha256(b"\x00" + entry).digest()


def leaf_hash_of_parts(parts: Iterable[bytes]) -> bytes:
    """`leaf_hash` of an entry that is never in memory as a whole."""
    leaf = hashlib.sha256(b"\x00")
    for part in parts:
        leaf.update(part)
    return leaf.digest()


def leaf_hashes(content: bytes, ends: Iterable[int]) -> list[bytes]:
    """`leaf_hash` of entries that stand one after another in ``content``, each up to its end."""
    sha256, hashes, start = hashlib.sha256, [], 0
    for end in ends:
        hashes.append(sha256(b"\x00" + content[start:end]).digest())
        start = end
    return hashes


def node_hash(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\x01" + left + right).digest()


class Frontier:
    """The root of a growing tree, in memory for one hash a level.

    ``size`` and ``hashes`` continue a tree: the hashes of ``peaks(size)``, in their order.
    """

    def __init__(self, size: int = 0, hashes: Iterable[bytes] = ()) -> None:
        self._size = size
        self._hashes = list(hashes)
        if len(self._hashes) != size.bit_count():
            raise ValueError(f"A tree of {size} leaves has {size.bit_count()} peaks.")

    @property
    def size(self) -> int:
        return self._size

    @property
    def hashes(self) -> tuple[bytes, ...]:
        """Hashes of ``peaks(size)``."""
        return tuple(self._hashes)

    def append(self, leaf: bytes) -> None:
        self.extend((leaf,))

    def extend(self, leaves: Iterable[bytes]) -> None:
        """Leaf hashes, in their order; all of them are held in memory at once."""
        row, sha256, level = list(leaves), hashlib.sha256, 0
        former, self._size = self._size, self._size + len(row)
        single: list[bytes] = []
        while row:
            if former >> level & 1:
                row.insert(0, self._hashes.pop())
            if len(row) & 1:
                single.append(row.pop())
            pairs = zip(row[::2], row[1::2], strict=True)
            row = [sha256(b"\x01" + left + right).digest() for left, right in pairs]
            level += 1
        self._hashes.extend(reversed(single))

    def root(self) -> bytes:
        return root_from_peaks(self._hashes)


def peaks(size: int) -> list[NodeId]:
    """The complete subtrees, largest first, whose hashes give the root of ``size`` leaves."""
    return _nodes_between(0, size)


def root_from_peaks(hashes: Sequence[bytes]) -> bytes:
    if not hashes:
        return EMPTY_ROOT
    *others, root = hashes
    for left in reversed(others):
        root = node_hash(left, root)
    return root


def inclusion_nodes(index: int, size: int) -> list[list[NodeId]]:
    """For each hash of the proof, from the leaf's sibling upwards, the peaks that give it.

    Raises:
        ProofError: the tree of ``size`` leaves has no leaf ``index``.
    """
    if not 0 <= index < size:
        raise ProofError(f"A tree of {size} leaves has no leaf {index}.")
    start, end, siblings = 0, size, []
    while end - start > 1:
        middle = start + _left_leaves(end - start)
        if index < middle:
            siblings.append(_nodes_between(middle, end))
            end = middle
        else:
            siblings.append(_nodes_between(start, middle))
            start = middle
    return siblings[::-1]


def consistency_nodes(old: int, new: int) -> list[list[NodeId]]:
    """For each hash of the proof that ``old`` leaves are the first of ``new``, its peaks.

    Equal sizes need no proof; neither does the empty tree, with which every tree begins.

    Raises:
        ProofError: ``new`` is smaller than ``old``.
    """
    if not 0 <= old <= new:
        raise ProofError(f"A tree of {old} leaves is not the beginning of one of {new}.")
    if not old:
        return []
    start, end, siblings = 0, new, []
    while old != end:
        middle = start + _left_leaves(end - start)
        if old <= middle:
            siblings.append(_nodes_between(middle, end))
            end = middle
        else:
            siblings.append(_nodes_between(start, middle))
            start = middle
    if start:  # otherwise it is the old root, which the verifier has
        siblings.append(_nodes_between(start, end))
    return siblings[::-1]


def inclusion_proof(index: int, size: int, lookup: Lookup) -> list[bytes]:
    """RFC 6962 section 2.1.1.

    Raises:
        ProofError: the tree of ``size`` leaves has no leaf ``index``.
    """
    return _proof(inclusion_nodes(index, size), lookup)


def consistency_proof(old: int, new: int, lookup: Lookup) -> list[bytes]:
    """RFC 6962 section 2.1.2.

    Raises:
        ProofError: ``new`` is smaller than ``old``.
    """
    return _proof(consistency_nodes(old, new), lookup)


def check_inclusion(
    leaf: bytes, index: int, size: int, proof: Sequence[bytes], root: bytes
) -> None:
    """RFC 9162 section 2.1.3.2. ``size`` and ``root`` must come from a signed checkpoint.

    Raises:
        ProofError: the proof does not lead from the leaf at ``index`` to the root.
    """
    if not 0 <= index < size:
        raise ProofError(f"A tree of {size} leaves has no leaf {index}.")
    _check_lengths(leaf, root, *proof)
    _, found = _climb(index, size - 1, leaf, proof)
    if found != root:
        raise ProofError("The entry is not in the tree: the proof leads to another root.")


def check_consistency(
    old_size: int, new_size: int, old_root: bytes, new_root: bytes, proof: Sequence[bytes]
) -> None:
    """RFC 9162 section 2.1.4.2. Sizes and roots must come from signed checkpoints.

    Raises:
        ProofError: the proof does not show that the new tree begins with the old one.
    """
    if not 0 <= old_size <= new_size:
        raise ProofError(f"The tree of {new_size} leaves is smaller than the one of {old_size}.")
    _check_lengths(old_root, new_root, *proof)
    if old_size in {0, new_size}:
        _check_without_proof(old_size, new_size, old_root, new_root, proof)
        return
    place, last = old_size - 1, new_size - 1
    while place & 1:
        place, last = place >> 1, last >> 1
    hashes = list(proof) if place else [old_root, *proof]
    if not hashes:
        raise ProofError("The consistency proof is empty.")
    old_found, new_found = _climb(place, last, hashes[0], hashes[1:])
    if old_found != old_root:
        raise ProofError("The trees are not consistent: the proof leads to another old root.")
    if new_found != new_root:
        raise ProofError("The trees are not consistent: the proof leads to another new root.")


def _check_without_proof(
    old_size: int, new_size: int, old_root: bytes, new_root: bytes, proof: Sequence[bytes]
) -> None:
    if proof:
        raise ProofError("The consistency proof of these sizes has to be empty.")
    if old_size == new_size and old_root != new_root:
        raise ProofError(f"Two different trees of {old_size} leaves.")
    if old_size == 0 and old_root != EMPTY_ROOT:
        raise ProofError("The old tree is empty, but its root is not that of the empty tree.")


def _check_lengths(*hashes: bytes) -> None:
    """Bytes moved from one hash into its neighbour would leave the hash above as it is."""
    if any(len(each) != HASH_BYTES for each in hashes):
        raise ProofError(f"A hash of the proof does not have {HASH_BYTES} bytes.")


def _climb(place: int, last: int, start: bytes, siblings: Sequence[bytes]) -> tuple[bytes, bytes]:
    """From the node ``place`` of a level to the two roots that the siblings give.

    The first is that of the tree that ends with the node, the second that of the tree whose last
    node on this level is ``last``.
    """
    upto = whole = start
    for sibling in siblings:
        if not last:
            raise ProofError("The proof is longer than the way to the root.")
        if place & 1 or place == last:
            upto, whole = node_hash(sibling, upto), node_hash(sibling, whole)
            while place and not place & 1:
                place, last = place >> 1, last >> 1
        else:
            whole = node_hash(whole, sibling)
        place, last = place >> 1, last >> 1
    if last:
        raise ProofError("The proof is shorter than the way to the root.")
    return upto, whole


def _left_leaves(width: int) -> int:
    """Leaves of the left subtree: the largest power of two below ``width``, at least 2."""
    return 1 << (width - 1).bit_length() - 1


def _nodes_between(start: int, end: int) -> list[NodeId]:
    nodes = []
    while start < end:
        level = (end - start).bit_length() - 1
        nodes.append((level, start >> level))
        start += 1 << level
    return nodes


def _proof(groups: list[list[NodeId]], lookup: Lookup) -> list[bytes]:
    found = lookup([node for group in groups for node in group])
    return [root_from_peaks([found[node] for node in group]) for group in groups]
