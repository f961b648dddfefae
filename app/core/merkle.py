"""Merkle tree of the audit log: leaf hash, root, inclusion proof.

Source: RFC 6962 section 2.1, with SHA-256. Leaves and nodes hash under different prefixes, so that a node
can never be shown as a leaf.
"""

import hashlib
from collections.abc import Sequence

from app.core.errors import MalformedInput


def leaf_hash(leaf: bytes) -> bytes:
    """SHA-256 of 0x00 and the leaf's bytes."""
    return hashlib.sha256(b"\x00" + leaf).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """SHA-256 of 0x01 and both children."""
    return hashlib.sha256(b"\x01" + left + right).digest()


def root(leaf_hashes: Sequence[bytes]) -> bytes:
    """Root of the tree over these leaf hashes, in log order; of no leaves, SHA-256 of nothing."""
    if not leaf_hashes:
        return hashlib.sha256(b"").digest()
    if len(leaf_hashes) == 1:
        return leaf_hashes[0]
    split = _split(len(leaf_hashes))
    return node_hash(root(leaf_hashes[:split]), root(leaf_hashes[split:]))


def inclusion_proof(leaf_hashes: Sequence[bytes], index: int) -> tuple[bytes, ...]:
    """Sibling hashes from the leaf at `index` up to the root. Raises: MalformedInput for an index outside."""
    if not 0 <= index < len(leaf_hashes):
        raise MalformedInput("there is no such entry in this log", rule="log-index")
    if len(leaf_hashes) == 1:
        return ()
    split = _split(len(leaf_hashes))
    if index < split:
        return (*inclusion_proof(leaf_hashes[:split], index), root(leaf_hashes[split:]))
    return (*inclusion_proof(leaf_hashes[split:], index - split), root(leaf_hashes[:split]))


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


def _split(size: int) -> int:
    """Largest power of two below `size`."""
    return 1 << (size - 1).bit_length() - 1
