"""Links from values of a passport to files that this installation keeps: `ORIGIN/files/DIGEST`.

The digest in the address is that of the bytes, and the same as `digestMultibase` beside it: so the signature
over a section binds the bytes of each file that it links to. Source: VC Data Model 2.0, 5.3 (related bytes);
Controlled Identifiers 1.0, 2.5.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from app.core.errors import MalformedInput
from app.core.multibase import multibase_decode_base64url, multibase_encode_base64url

PATH: Final = "/files/"
_MULTIHASH: Final = b"\x12\x20"
_LINK: Final = re.compile(rb"/files/(u[A-Za-z0-9_-]{46})\"")
_FROM_DOCUMENT: Final = re.compile(r".*#([0-9a-f]{64})/[^/:]+", re.DOTALL)
_CLAUSE: Final = "docs/files.md"


def digest_of(text: str) -> bytes:
    """The SHA-256 that a `digestMultibase` holds. Raises: MalformedInput."""
    data = multibase_decode_base64url(text)
    if len(data) != 34 or not data.startswith(_MULTIHASH):
        raise MalformedInput("This is no SHA-256 multihash in multibase base64url.", rule="digest")
    return data[2:]


def text_of(digest: bytes) -> str:
    """The `digestMultibase` of a SHA-256."""
    return multibase_encode_base64url(_MULTIHASH + digest)


def document_of(origin: str | None) -> str | None:
    """The path of the document that a record was made of, where its origin says so: `NAME#SHA-256/PART`."""
    found = _FROM_DOCUMENT.fullmatch(origin) if origin is not None else None
    return PATH + text_of(bytes.fromhex(found[1])) if found else None


def linked(body: bytes) -> frozenset[str]:
    """Digests of files that a signed document may link to; what is no file of ours has no row."""
    return frozenset(found.decode() for found in _LINK.findall(body)) if b"/files/u" in body else frozenset()


def required(values: Mapping[str, Any], origin: str) -> Iterator[tuple[str, str]]:
    """(digest, pointer) of each file that values link to. Raises: MalformedInput where the digest beside a
    link is missing or another one: what is signed would not bind the bytes."""
    prefix = origin + PATH
    for name, value in values.items():
        yield from _within(value, prefix, f"/values/{name}")


def _within(value: Any, prefix: str, pointer: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, Mapping):
        url = value.get("url")
        if isinstance(url, str) and url.startswith(prefix):
            digest = url.removeprefix(prefix)
            if value.get("digestMultibase") != digest:
                raise MalformedInput(
                    "Send digestMultibase with the link, the same as the end of its address: so the passport"
                    " signs the bytes of the file.",
                    pointer=f"{pointer}/digestMultibase", rule="file-digest", clause=_CLAUSE,
                )  # fmt: skip
            yield digest, f"{pointer}/url"
        for name, below in value.items():
            yield from _within(below, prefix, f"{pointer}/{name}")
    elif isinstance(value, list | tuple):
        for place, below in enumerate(value):
            yield from _within(below, prefix, f"{pointer}/{place}")
