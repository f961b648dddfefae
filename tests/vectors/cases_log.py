"""Vectors about proofs of an entry in a public log: check 12 of a verification, and the time it proves."""

import base64
import json
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

from app.core import log, log_proof, merkle
from app.core.checkpoint import Checkpoint
from app.core.multibase import digest_multibase
from app.core.notes import VKey
from tests.vectors import cases_notes as n
from tests.vectors import kit as k
from tests.vectors.kit import JCS, Suite, a_credential, sign, text

INVALID = "LOG_PROOF_INVALID"
AT = datetime(2026, 11, 20, 8, 0, tzinfo=UTC)
SALT = bytes(range(16))
SIZE, INDEX = 11, 6
ALL = (str(n.LOG), str(n.WITNESS))
OTHER_WITNESS_KEY = k.Key("another witness", "Ed25519")
OTHER_WITNESS = VKey("witness.example/w2", 4, OTHER_WITNESS_KEY.public_key)

Case = dict[str, Any]


def leaves(own: bytes, size: int = SIZE) -> list[bytes]:
    """A log in which `own` is entry INDEX."""
    found = [log.key_added(f"{k.DID}#key-{number}", "z", at=AT) for number in range(size)]
    found[INDEX] = own
    return found


def proof(
    own: bytes,
    *,
    salt: bytes | None = None,
    index: int = INDEX,
    claimed: int | None = None,
    entries: Sequence[bytes] | None = None,
    cut: int = 0,
    root: bytes | None = None,
    shown: bytes | None = None,
    origin: str = n.LOG_NAME,
    sign_note: Callable[[str], str] = lambda body: n.signed(body),
) -> str:
    """A proof file; each argument spoils one part of it."""
    hashes = [merkle.leaf_hash(one) for one in entries or leaves(own)]
    path = merkle.inclusion_proof(hashes, index)
    body = str(Checkpoint(origin, len(hashes), root or merkle.root(hashes)))
    return log_proof.write(
        shown or own, salt, index if claimed is None else claimed, path[: len(path) - cut],
        f"{body}\n{sign_note(body)}",
    )  # fmt: skip


def cases(case: Callable[..., Case]) -> Iterator[Case]:
    document = text(sign(a_credential(), JCS))
    digest = digest_multibase(document.encode())
    open_leaf = log.issued("public", digest, salt=None, version=1, at=AT)
    hidden_leaf = log.issued("use", digest, salt=SALT, version=2, at=AT)
    token_leaf = log.form_added("public", digest, salt=None, at=AT)

    def one(name: str, found: str, outcome: str = "passed", *, at: int | None = None, **more: Any) -> Case:
        verdict, error = ("invalid", INVALID) if outcome == "failed" else ("valid", None)
        values: Case = {"logs": [ALL[0]], "witnesses": [ALL[1]]} | more
        return case(
            f"log: {name}", document, verdict, error, proof=found, logOutcome=outcome, provenAt=at, **values
        )

    good = proof(open_leaf)
    yield one("entered, by digest", good)
    yield one("entered, by a salted commitment", proof(hidden_leaf, salt=SALT))
    yield one("its token form is entered", proof(token_leaf))
    yield one("the last of an odd tree", proof(open_leaf, entries=leaves(open_leaf, 7)))
    yield one("the only entry", proof(open_leaf, entries=[open_leaf], index=0))
    yield one("an issuer whose list names no log", good, "not-checked", logs=[])
    yield one("a list that also names a log of another kind", good, logs=[_other_kind(), ALL[0]])

    yield one("no salt to a commitment", proof(hidden_leaf), "failed")
    yield one("another salt", proof(hidden_leaf, salt=bytes(16)), "failed")
    yield one("a salt that is too short", proof(hidden_leaf, salt=SALT[:15]), "failed")
    yield one("a salt that is too long", proof(hidden_leaf, salt=SALT + b"x"), "failed")
    other = log.issued("public", digest_multibase(b"another"), salt=None, version=1, at=AT)
    yield one("the entry of another record", proof(other), "failed")
    yield one("an entry that is not in the tree", proof(other, shown=open_leaf), "failed")
    revoked = log.status_changed("credential-revoked", "revocation-1", 4711, salt=SALT, at=AT)
    yield one("an entry of another kind", proof(revoked, salt=SALT), "failed")
    misplaced = json.dumps({"v": 1, "type": "credential-issued", "section": digest}).encode()
    yield one("the digest in another member", proof(misplaced), "failed")
    doubled = open_leaf[:-1] + b',"digest":"u"}'
    yield one("an entry with a doubled member", proof(doubled), "failed")
    yield one("an entry that is no object", proof(json.dumps(digest).encode()), "failed")
    yield one("another index", proof(open_leaf, claimed=INDEX + 1), "failed")
    yield one("an index beyond the tree", proof(open_leaf, claimed=SIZE), "failed")
    yield one("a hash too few", proof(open_leaf, cut=1), "failed")
    yield one("a hash too many", good.replace("\n\n", f"\n{_hash(bytes(32))}\n\n", 1), "failed")
    yield one("another root, signed by the log", proof(open_leaf, root=bytes(32)), "failed")
    stranger = VKey(n.LOG_NAME, 1, n.STRANGER_KEY.public_key)
    yield one(
        "a checkpoint by a stranger under the log's name",
        proof(open_leaf, sign_note=lambda body: n.signed(body, n.STRANGER_KEY, stranger)), "failed",
    )  # fmt: skip
    yield one(
        "a stranger's signature with the log's key id",
        proof(open_leaf, sign_note=lambda body: n.LOG.line(n.STRANGER_KEY.sign(body.encode()))), "failed",
    )  # fmt: skip
    yield one(
        "the log's key under another log's name", proof(open_leaf, origin="localhost:8000/log/2"), "failed"
    )
    yield one("a checkpoint that witnesses alone signed", proof(open_leaf, sign_note=n.cosigned), "failed")
    forked = leaves(open_leaf)
    forked[2] = b"{}"
    path, empty, _ = good.partition("\n\n")
    fork = proof(open_leaf, entries=forked).partition("\n\n")[2]
    yield one("a checkpoint of the same log, forked", path + empty + fork, "failed")
    yield one(
        "a checkpoint that grew after it was signed", good.replace(f"\n{SIZE}\n", f"\n{SIZE + 1}\n"), "failed"
    )

    def seen(*times: int) -> Callable[[str], str]:
        return lambda body: n.signed(body) + "".join(n.cosigned(body, time) for time in times)

    early = n.SEEN - 86_400
    yield one("seen by a witness", proof(open_leaf, sign_note=seen(n.SEEN)), at=n.SEEN)
    yield one(
        "seen twice: the earlier time counts", proof(open_leaf, sign_note=seen(n.SEEN, early)), at=early
    )
    yield one("seen by a witness that nobody lists", proof(open_leaf, sign_note=seen(n.SEEN)), witnesses=[])
    also = proof(
        open_leaf,
        sign_note=lambda body: seen(n.SEEN)(body) + n.cosigned(body, early, OTHER_WITNESS_KEY, OTHER_WITNESS),
    )
    yield one("seen by two, one of them listed", also, at=n.SEEN)
    yield one("seen by two, both listed", also, at=early, witnesses=[ALL[1], str(OTHER_WITNESS)])
    backdated = proof(
        open_leaf,
        sign_note=lambda body: (
            n.signed(body) + n.cosigned(body, n.SEEN).replace(_time(n.SEEN), _time(early), 1)
        ),
    )
    yield one("a cosignature whose time was changed", backdated, "failed")

    changes = {
        "nothing": "",
        "another first line": good.replace("@v1", "@v2", 1),
        "no index": good.replace(f"index {INDEX}\n", "", 1),
        "an index with a zero before it": good.replace(f"index {INDEX}", f"index 0{INDEX}", 1),
        "no extra line": "\n".join(good.split("\n")[:1] + good.split("\n")[2:]),
        "no checkpoint": good.partition("\n\n")[0],
        "a hash in base64url": good.replace("\n\n", f"\n{'-' * 43}=\n\n", 1),
        "65 hashes": good.replace("\n\n", "\n" + "\n".join([_hash(bytes(32))] * 65) + "\n\n", 1),
        "an unknown member beside the entry": _with_extra(good, {"leaf": open_leaf.decode(), "x": "y"}),
        "an entry that is no text": _with_extra(good, {"leaf": {}}),
        "a salt that is null": _with_extra(good, {"leaf": open_leaf.decode(), "salt": None}),
        "carriage returns": good.replace("\n", "\r\n"),
        "longer than any proof": good + " " * 131_072,
    }
    for what, changed in changes.items():
        yield one(what, changed, "failed")
    yield from _revoked_later(case)


def _revoked_later(case: Callable[..., Case]) -> Iterator[Case]:
    """A key that was stolen on 1 June 2026: what was seen before stays good, what was seen after does not."""
    suite = Suite("ecdsa-jcs-2019", k.STOLEN_SEAL, "2026-05-01T08:00:00Z")
    document = text(sign(a_credential(validFrom="2026-05-01T08:00:00Z"), suite))
    leaf = log.issued("public", digest_multibase(document.encode()), salt=None, version=1, at=AT)
    before, after = 1_779_000_000, 1_782_000_000  # 17 May and 21 June 2026

    def seen(at: int) -> str:
        return proof(leaf, sign_note=lambda body: n.signed(body) + n.cosigned(body, at))

    known = {"logs": [ALL[0]], "witnesses": [ALL[1]]}
    saved = {"proof": seen(before), "logOutcome": "passed", "provenAt": before}
    yield case("log: key revoked after a witness saw it", document, "valid", **known, **saved)
    late = {"proof": seen(after), "logOutcome": "not-checked", "provenAt": after}
    yield case(
        "log: key revoked before a witness saw it", document, "invalid", "KEY_REVOKED", **known, **late
    )
    alone = {"proof": proof(leaf), "logOutcome": "not-checked", "provenAt": None}
    yield case(
        "log: key revoked, the log alone says when", document, "invalid", "KEY_REVOKED", **known, **alone
    )


def _other_kind() -> str:
    return "log.example+00000000+" + base64.b64encode(b"\x02" + bytes(32)).decode()


def _hash(data: bytes) -> str:
    return base64.b64encode(data).decode()


def _time(at: int) -> str:
    """How a cosignature begins: base64 of the key id and of a time, as far as whole letters go."""
    return base64.b64encode(n.WITNESS.key_id + at.to_bytes(8)).decode()


def _with_extra(good: str, value: dict[str, Any]) -> str:
    lines = good.split("\n")
    lines[1] = f"extra {_hash(json.dumps(value).encode())}"
    return "\n".join(lines)
