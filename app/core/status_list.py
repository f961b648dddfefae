"""Bitstring Status List 1.0: which credentials of an issuer are withdrawn, one bit each.

Index 0 is the left-most bit. A list never has fewer than 131 072 entries, so that asking for one says
little about which battery is looked at. Unpacking stops at a limit while it unpacks (threats T24, T28).
"""

import gzip
import zlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from app.core import times
from app.core.errors import MalformedInput, TooLarge
from app.core.multibase import multibase_decode_base64url, multibase_encode_base64url
from app.core.vocabulary import CREDENTIALS_V2_URL

MIN_ENTRIES: Final = 131_072
MAX_BYTES: Final = 1_000_000
VALIDITY: Final = timedelta(days=1)
_SYSTEM_AT, _UNIX = 9, b"\x03"


def gzip_of(data: bytes) -> bytes:
    """Packed, without a time (RFC 1952); Pythons differ in the one byte that names the operating system."""
    packed = gzip.compress(data, compresslevel=9, mtime=0)
    return packed[:_SYSTEM_AT] + _UNIX + packed[_SYSTEM_AT + 1 :]


class IndexOutside(MalformedInput):
    """RANGE_ERROR: the list has no such entry."""


class ListTooShort(MalformedInput):
    """STATUS_LIST_LENGTH_ERROR: fewer entries than the standard asks for."""


@dataclass(frozen=True, slots=True)
class StatusList:
    """The unpacked bits. Raises: ListTooShort under 131 072 entries; TooLarge over 1 000 000 bytes."""

    bits: bytes

    def __post_init__(self) -> None:
        if len(self.bits) * 8 < MIN_ENTRIES:
            raise ListTooShort(f"a status list has at least {MIN_ENTRIES} entries", rule="status-list-length")
        if len(self.bits) > MAX_BYTES:
            raise TooLarge(f"a status list has at most {MAX_BYTES} bytes")

    @classmethod
    def empty(cls, entries: int = MIN_ENTRIES) -> "StatusList":
        return cls(bytes((entries + 7) // 8))

    @classmethod
    def decode(cls, encoded: str) -> "StatusList":
        """From `encodedList`: `u`, base64url, gzip. Raises: MalformedInput, ListTooShort, TooLarge."""
        packed = multibase_decode_base64url(encoded)
        unpacker = zlib.decompressobj(16 + zlib.MAX_WBITS)
        try:
            bits = unpacker.decompress(packed, MAX_BYTES + 1)
        except zlib.error:
            raise MalformedInput("a status list that is not gzip", rule="status-list") from None
        if len(bits) > MAX_BYTES:
            raise TooLarge(f"a status list unpacks to more than {MAX_BYTES} bytes")
        if not unpacker.eof or unpacker.unused_data:
            raise MalformedInput("a status list that is cut off or has more after it", rule="status-list")
        return cls(bits)

    def encoded(self) -> str:
        """`encodedList`; the same bits always give the same text."""
        return multibase_encode_base64url(gzip_of(self.bits))

    def __len__(self) -> int:
        """Number of entries."""
        return len(self.bits) * 8

    def get(self, index: int) -> bool:
        """Whether entry `index` is set. Raises: IndexOutside."""
        self._require(index)
        return bool(self.bits[index // 8] >> (7 - index % 8) & 1)

    def with_bit(self, index: int, value: bool = True) -> "StatusList":
        """The same list with one entry set, or cleared (a suspension that ends). Raises: IndexOutside."""
        return self.with_bits([index], value)

    def with_bits(self, indexes: Iterable[int], value: bool = True) -> "StatusList":
        """The same list with these entries set or cleared. Raises: IndexOutside."""
        bits = bytearray(self.bits)
        for index in indexes:
            self._require(index)
            mask = 0x80 >> index % 8
            bits[index // 8] = bits[index // 8] | mask if value else bits[index // 8] & ~mask
        return StatusList(bytes(bits))

    def _require(self, index: int) -> None:
        if not 0 <= index < len(self.bits) * 8:
            raise IndexOutside("the status list has no such entry", rule="status-index")


def credential(
    list_url: str, purpose: str, bits: StatusList, issuer: str | dict[str, str], now: datetime
) -> dict[str, Any]:
    """The unsigned BitstringStatusListCredential, valid for a day; refresh it hourly.

    `issuer` is what the credentials of this list carry: the DID, or `{"id": DID, "name": …}`.
    """
    return {
        "@context": [CREDENTIALS_V2_URL],
        "id": list_url,
        "type": ["VerifiableCredential", "BitstringStatusListCredential"],
        "issuer": issuer,
        "validFrom": times.to_seconds(now),
        "validUntil": times.to_seconds(now + VALIDITY),
        "credentialSubject": {
            "id": f"{list_url}#list",
            "type": "BitstringStatusList",
            "statusPurpose": purpose,
            "encodedList": bits.encoded(),
        },
    }


def entry(list_url: str, purpose: str, index: int) -> dict[str, str]:
    """`credentialStatus` of one credential."""
    return {
        "id": f"{list_url}#{index}",
        "type": "BitstringStatusListEntry",
        "statusPurpose": purpose,
        "statusListIndex": str(index),
        "statusListCredential": list_url,
    }
