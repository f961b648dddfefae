"""The log's tree: known answers of RFC 6962 trees, and every proof of every small tree."""

import hashlib

import pytest

from app.core import merkle
from app.core.errors import MalformedInput

# The eight test leaves and roots that Certificate Transparency's own tests use.
LEAVES = [bytes.fromhex(t) for t in ("", "00", "10", "2021", "3031", "40414243", "5051525354555657")]
LEAVES.append(bytes(range(0x60, 0x70)))
ROOTS = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]
HASHES = [merkle.leaf_hash(leaf) for leaf in LEAVES]


@pytest.mark.parametrize("size", range(1, 9))
def test_the_root_is_the_known_one(size: int) -> None:
    assert merkle.root(HASHES[:size]).hex() == ROOTS[size - 1]


def test_the_root_of_nothing_is_the_hash_of_nothing() -> None:
    assert merkle.root([]) == hashlib.sha256(b"").digest()


@pytest.mark.parametrize("size", range(1, 20))
def test_each_entry_of_a_tree_is_proven_and_no_other(size: int) -> None:
    hashes = [merkle.leaf_hash(bytes([n])) for n in range(size)]
    root = merkle.root(hashes)
    for index, leaf in enumerate(hashes):
        proof = merkle.inclusion_proof(hashes, index)
        assert merkle.verify_inclusion(leaf, index, size, proof, root)
        assert not merkle.verify_inclusion(merkle.leaf_hash(b"other"), index, size, proof, root)
        assert not merkle.verify_inclusion(leaf, index, size, proof, bytes(32))
        assert not merkle.verify_inclusion(leaf, index, size, (*proof, bytes(32)), root)
        assert not merkle.verify_inclusion(leaf, size, size, proof, root)
        if size > 1:
            assert not merkle.verify_inclusion(leaf, (index + 1) % size, size, proof, root)
            assert not merkle.verify_inclusion(leaf, index, size, proof[:-1], root)


def test_a_node_is_never_a_leaf() -> None:
    pair = HASHES[0] + HASHES[1]
    assert merkle.leaf_hash(pair) != merkle.node_hash(HASHES[0], HASHES[1])


def test_there_is_no_proof_for_an_entry_outside() -> None:
    with pytest.raises(MalformedInput):
        merkle.inclusion_proof(HASHES, 8)
