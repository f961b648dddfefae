"""Vectors about signed notes: verifier keys, and notes signed by a log and its witnesses."""

import base64
import hashlib
from collections.abc import Iterator
from typing import Any

from app.core import notes as core
from app.core.notes import VKey
from tests.vectors.kit import Key

LOG_NAME, WITNESS_NAME = "localhost:8000/log/1", "witness.example/w1"
LOG_KEY, STRANGER_KEY, WITNESS_KEY = (Key(label, "Ed25519") for label in ("log", "stranger log", "witness"))
LOG = VKey(LOG_NAME, 1, LOG_KEY.public_key)
WITNESS = VKey(WITNESS_NAME, 4, WITNESS_KEY.public_key)
TEXT = "localhost:8000/log/1\n3\nH0s3yRhBQzRD1pzSWz9Qb+LhNqgU5rgbFZrm2hPxBR4=\n"
SEEN = 1_795_521_600  # 24 November 2026, 12:00 UTC

# What Go's package golang.org/x/mod/sumdb/note documents: made by others, with a key of others.
GO_KEY = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
GO_NOTE = (
    "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n\n"
    "\u2014 PeterNeumann "
    "x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"
)
SUM_DB = "sum.golang.org+033de0ae+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8"


def signed(text: str, key: Key = LOG_KEY, vkey: VKey = LOG) -> str:
    """The line of a log that signs this text."""
    return vkey.line(key.sign(text.encode()))


def cosigned(text: str, at: int = SEEN, key: Key = WITNESS_KEY, vkey: VKey = WITNESS) -> str:
    """The line of a witness that saw this text."""
    return vkey.line(core.cosignature(at, key.sign(core.cosigned(text, at))))


def notes() -> dict[str, Any]:
    return {"keys": list(_keys()), "notes": list(_notes())}


def _keys() -> Iterator[dict[str, Any]]:
    good = {
        "a log": str(LOG),
        "a witness": str(WITNESS),
        "Go's example": GO_KEY,
        "the log of Go's modules": SUM_DB,
    }
    for name, vkey in good.items():
        yield {"name": name, "vkey": vkey, "taken": True}
    name, key_id, key = str(LOG).split("+", 2)
    bad = {
        "nothing": "",
        "no key": f"{name}+{key_id}",
        "no name": f"+{key_id}+{key}",
        "a space in the name": f"a b+{key_id}+{key}",
        "another name": f"localhost:8000/log/2+{key_id}+{key}",
        "a key id in capitals": f"{name}+{key_id.upper()}+{key}" if key_id.upper() != key_id else "",
        "a key id that is too short": f"{name}+{key_id[:6]}+{key}",
        "a key of another kind": _with_kind(2),
        "a key of a kind that nobody gave": _with_kind(0x77),
        "base64url": f"{name}+{key_id}+{key.replace('+', '-').replace('/', '_').rstrip('=')}",
        "a line more": f"{LOG}\n",
        "a byte more": _with_kind(1, more=b"\x00"),
        "a byte less": _with_kind(1, cut=1),
    }
    for what, vkey in bad.items():
        yield {"name": what, "vkey": vkey, "taken": False}


def _with_kind(kind: int, more: bytes = b"", cut: int = 0) -> str:
    """A key as it would be written, were there such a kind."""
    data = bytes([kind]) + LOG_KEY.public_key.raw[: 32 - cut] + more
    key_id = hashlib.sha256(LOG_NAME.encode() + b"\n" + data).hexdigest()[:8]
    return f"{LOG_NAME}+{key_id}+{base64.b64encode(data).decode()}"


def _notes() -> Iterator[dict[str, Any]]:
    def case(
        name: str, note: str, signers: list[str] | None, keys: tuple[VKey | str, ...] = (LOG, WITNESS)
    ) -> dict[str, Any]:
        times = [SEEN] * signers.count(WITNESS_NAME) if signers else []
        known = [str(key) for key in keys]
        return {"name": name, "note": note, "keys": known, "signedBy": signers, "times": times}

    log, both = [LOG_NAME], [LOG_NAME, WITNESS_NAME]
    mine, seen = signed(TEXT), cosigned(TEXT)
    stranger_key = VKey("stranger.example/log", 1, STRANGER_KEY.public_key)
    stranger = signed(TEXT, STRANGER_KEY, stranger_key)
    yield case("Go's example", GO_NOTE, ["PeterNeumann"], (GO_KEY,))
    yield case("signed by the log", f"{TEXT}\n{mine}", log)
    yield case("signed by the log and seen by a witness", f"{TEXT}\n{mine}{seen}", both)
    yield case("the witness stands first", f"{TEXT}\n{seen}{mine}", both[::-1])
    yield case("a stranger's line is left alone", f"{TEXT}\n{mine}{stranger}", log)
    yield case("by a stranger alone", f"{TEXT}\n{stranger}", [])
    own_name = signed(TEXT, STRANGER_KEY, VKey(LOG_NAME, 1, STRANGER_KEY.public_key))
    yield case("by a stranger under the log's name", f"{TEXT}\n{own_name}", [])
    text = "one\n\nthree\n"
    yield case("an empty line in the text", f"{text}\n{signed(text)}", log)
    umlaut = "Zelle ö 😀\n"
    yield case("a text that is not ASCII", f"{umlaut}\n{signed(umlaut)}", log)
    claimed = LOG.line(STRANGER_KEY.sign(TEXT.encode()))
    yield case("a stranger's signature under the log's key id", f"{TEXT}\n{claimed}", None)
    yield case("another text", f"{TEXT.replace('3', '4', 1)}\n{mine}", None)
    yield case("cosigned at another time", f"{TEXT}\n{mine}{_at_another_time()}", None)
    yield case(
        "a plain signature as a cosignature", f"{TEXT}\n{WITNESS.line(WITNESS_KEY.sign(TEXT.encode()))}", None
    )
    yield case("a cosignature of a year with five digits", f"{TEXT}\n{cosigned(TEXT, 2**62)}", None)
    yield case("a cosignature as the log's signature", f"{TEXT}\n{_cosigned_as_log()}", None)
    yield case("no signature", f"{TEXT}\n", None)
    yield case("no empty line", f"{TEXT}{mine}", None)
    yield case("no newline at the end", f"{TEXT}\n{mine}"[:-1], None)
    yield case("carriage returns", f"{TEXT}\n{mine}".replace("\n", "\r\n"), None)
    yield case("a tab", f"a\tb\n\n{mine}", None)
    yield case("a hyphen where a dash belongs", f"{TEXT}\n{mine.replace(chr(0x2014), '-')}", None)
    yield case("two spaces", f"{TEXT}\n{mine.replace('/log/1 ', '/log/1  ')}", None)
    yield case("base64 without padding", f"{TEXT}\n{mine.rstrip('=' + chr(10))}\n", None)
    yield case("32 lines", f"{TEXT}\n{mine}{stranger * 31}", log)
    yield case("33 lines", f"{TEXT}\n{mine}{stranger * 32}", None)
    yield case("too long a text", f"{'x' * 65_536}\n\n{mine}", None)
    yield case("nothing", "", None)


def _at_another_time() -> str:
    signature = WITNESS_KEY.sign(core.cosigned(TEXT, SEEN))
    return WITNESS.line(core.cosignature(SEEN - 86_400, signature))


def _cosigned_as_log() -> str:
    return LOG.line(core.cosignature(SEEN, LOG_KEY.sign(core.cosigned(TEXT, SEEN))))
