"""Status lists: bits, packing, limits while unpacking, the unsigned credential."""

import gzip
import tracemalloc
from datetime import timedelta

import pytest

from app.core import status_list as sl
from app.core import times
from app.core.errors import TooLarge
from app.core.multibase import multibase_encode_base64url
from tests.vectors import kit as k


def test_index_0_is_the_left_most_bit() -> None:
    bits = sl.StatusList.empty().with_bit(0).with_bit(9)
    assert bits.bits[:2] == b"\x80\x40"
    assert [bits.get(n) for n in (0, 1, 8, 9)] == [True, False, False, True]


def test_a_bit_can_be_cleared_again_and_setting_twice_changes_nothing() -> None:
    empty = sl.StatusList.empty()
    once = empty.with_bit(815)
    assert once.with_bit(815) == once
    assert once.with_bit(815, value=False) == empty
    assert not empty.get(815)


def test_the_same_bits_have_the_same_text() -> None:
    bits = sl.StatusList.empty().with_bits(range(0, 131_072, 7))
    assert bits.encoded() == bits.encoded()
    assert sl.StatusList.decode(bits.encoded()) == bits


@pytest.mark.parametrize("index", [-1, 131_072])
def test_a_place_outside_the_list_is_refused(index: int) -> None:
    with pytest.raises(sl.IndexOutside):
        sl.StatusList.empty().get(index)
    with pytest.raises(sl.IndexOutside):
        sl.StatusList.empty().with_bit(index)


def test_a_bomb_is_stopped_while_it_unpacks() -> None:
    """T28: 200 MB of zeros pack to 200 kB."""
    bomb = multibase_encode_base64url(gzip.compress(bytes(200_000_000), compresslevel=1))
    tracemalloc.start()
    with pytest.raises(TooLarge):
        sl.StatusList.decode(bomb)
    assert tracemalloc.get_traced_memory()[1] < 10_000_000
    tracemalloc.stop()


def test_a_short_list_says_so() -> None:
    with pytest.raises(sl.ListTooShort):
        sl.StatusList(bytes(16_383))


def test_the_unsigned_credential_is_good_for_a_day() -> None:
    issuer = {"id": k.DID, "name": k.NAME}
    document = sl.credential(k.REVOCATIONS, "revocation", sl.StatusList.empty(), issuer, k.NOW)
    assert document["issuer"] == issuer
    assert document["id"] == k.REVOCATIONS
    assert times.parse(document["validUntil"]) - k.NOW == timedelta(days=1)
    assert document["credentialSubject"]["statusPurpose"] == "revocation"
    assert "proof" not in document


def test_an_entry_names_its_place_as_text() -> None:
    assert sl.entry(k.REVOCATIONS, "revocation", 7) == {
        "id": f"{k.REVOCATIONS}#7",
        "type": "BitstringStatusListEntry",
        "statusPurpose": "revocation",
        "statusListIndex": "7",
        "statusListCredential": k.REVOCATIONS,
    }
