"""Merkle tree of the audit log: leaf hash, root, inclusion proof.

Source: RFC 6962 section 2.1, with SHA-256. Leaves and nodes hash under different prefixes, so that a node
can never be shown as a leaf.
"""

import hashlib
from collections.abc import Callable, Sequence

from app.core.errors import MalformedInput


def leaf_hash(leaf: bytes) -> bytes:
    """SHA-256 of 0x00 and the leaf's bytes."""
    return hashlib.sha256(b"\x00" + leaf).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """SHA-256 of 0x01 and both children."""
    return hashlib.sha256(b"\x01" + left + right).digest()


Node = Callable[[int, int], bytes]
"""(level, index) -> hash of the full subtree over the 2**level leaves from index * 2**level on."""


def over(leaf_hashes: Sequence[bytes]) -> Node:
    """The nodes of a small tree that is at hand as a whole."""

    def node(level: int, index: int) -> bytes:
        row = leaf_hashes[index << level : (index + 1) << level]
        while len(row) > 1:
            row = [node_hash(left, right) for left, right in zip(row[::2], row[1::2], strict=True)]
        return row[0]

    return node


def root(leaf_hashes: Sequence[bytes]) -> bytes:
    """Root of the tree over these leaf hashes, in log order; of no leaves, SHA-256 of nothing."""
    return root_of(len(leaf_hashes), over(leaf_hashes))


def root_of(size: int, node: Node) -> bytes:
    """The same for a tree of which a few nodes are read."""
    return _range(0, size, node) if size else hashlib.sha256(b"").digest()


def inclusion_proof(leaf_hashes: Sequence[bytes], index: int) -> tuple[bytes, ...]:
    """Sibling hashes from the leaf at `index` up to the root. Raises: MalformedInput for an index outside."""
    return prove_inclusion(index, len(leaf_hashes), over(leaf_hashes))


def prove_inclusion(index: int, size: int, node: Node) -> tuple[bytes, ...]:
    """The same for a tree of which a few nodes are read. Source: RFC 6962 2.1.1."""
    if not 0 <= index < size:
        raise MalformedInput("there is no such entry in this log", rule="log-index")
    found: list[bytes] = []
    begin, end = 0, size
    while end - begin > 1:
        middle = begin + _split(end - begin)
        if index < middle:
            found.append(_range(middle, end, node))
            end = middle
        else:
            found.append(_range(begin, middle, node))
            begin = middle
    return tuple(reversed(found))


def verify_inclusion(
    leaf: bytes, index: int, tree_size: int, proof: Sequence[bytes], expected_root: bytes
) -> bool:
    """Whether the leaf hash `leaf` is entry `index` of the tree of `tree_size` entries with that root.

    Source: RFC 9162 section 2.1.3.2, which states the check of RFC 6962 trees.
    """
    if not 0 <= index < tree_size or len(proof) > 64:
        return False
    place, last, value = index, tree_size - 1, leaf
    for sibling in proof:
        if last == 0 or len(sibling) != 32:
            return False
        if place & 1 or place == last:
            value = node_hash(sibling, value)
            while not place & 1 and place:
                place, last = place >> 1, last >> 1
        else:
            value = node_hash(value, sibling)
        place, last = place >> 1, last >> 1
    return last == 0 and value == expected_root


def _range(begin: int, end: int, node: Node) -> bytes:
    """Hash of the leaves from `begin` to `end`: full subtrees, joined from the right."""
    parts = []
    while begin < end:
        size = 1 << (end - begin).bit_length() - 1
        level = size.bit_length() - 1
        parts.append(node(level, begin >> level))
        begin += size
    value = parts.pop()
    while parts:
        value = node_hash(parts.pop(), value)
    return value


def _split(size: int) -> int:
    """Largest power of two below `size`."""
    return 1 << (size - 1).bit_length() - 1
