"""Demo data: invented batteries that came in as records, like any other, and a few that went wrong.

Records lie in `demo_data/`, one file for each model; its README tells their sources. Beside what they make:
one passport revoked, one whose stored bytes were altered, one signed by a stranger, one still incomplete; one
that was corrected after issue, and one that was suspended and is in force again.
"""

import copy
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from importlib import resources
from typing import Any, Final

import orjson
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed
from cryptography.hazmat.primitives.hashes import SHA256
from sqlalchemy import update

from app.core import proof
from app.core.access import Reader
from app.core.errors import NotConfigured
from app.core.keys import PublicKey, raw_signature
from app.core.multibase import digest_multibase
from app.core.times import to_seconds
from app.core.vocabulary import ITEM_SECTIONS
from app.services import accounts, correction, intake, plants, reading, revocation
from app.services.context import Context
from app.services.plants import Plant
from app.store.tables import documents

PLANT_ID: Final = "demo-plant"
PLANT_TOKEN: Final = "demo-plant-token-for-trying-out"  # noqa: S105  (printed on purpose, demo only)
REVOKED, TAMPERED, STRANGER = "DEMO-REVOKED", "DEMO-ALTERED", "DEMO-STRANGER"
CORRECTED, REINSTATED = "NL10-E2501-0388", "ST36-0013377"
"""Batteries of the files that something happened to after their issue."""


@dataclass(frozen=True, slots=True)
class SignIn:
    """A demo account, shown to whoever starts the demo."""

    role: str
    name: str
    password: str


SIGN_INS: Final = tuple(
    SignIn(role, role, f"demo-{role}") for role in ("service", "recycler", "authority", "maker", "admin")
)


@dataclass(frozen=True, slots=True)
class Facts:
    """What the start banner tells."""

    passport_url: str
    sign_ins: Sequence[SignIn]
    plant_token: str


def seed(ctx: Context) -> Facts:
    """Fill a new demo; does nothing where the demo is there already. Raises: NotConfigured outside a demo."""
    if not ctx.settings.demo:
        raise NotConfigured("Demo data is for a demo alone.")
    if not accounts.names(ctx):
        plants.add(ctx, PLANT_ID, "Demo plant", PLANT_TOKEN)
        plant = plants.of_token(ctx, PLANT_TOKEN)
        for record in _all_records():
            intake.accept(ctx, plant, orjson.dumps(record), late=None)
        _correct(ctx, plant)
        _suspend_and_reinstate(ctx, plant)
        _revoke(ctx)
        _alter(ctx)
        _sign_as_stranger(ctx)
        for each in SIGN_INS:
            accounts.add(ctx, each.name, each.password, each.role)
    issued = [one for one in reading.list_passports(ctx) if one["state"] == "issued"]
    return Facts(str(issued[0]["identifier"]), SIGN_INS, PLANT_TOKEN)


def records() -> list[list[dict[str, Any]]]:
    """The records of each file of `demo_data/`, in the order of the files' names."""
    folder = resources.files("app.services") / "demo_data"
    files = sorted(
        (entry for entry in folder.iterdir() if entry.name.endswith(".json")), key=lambda e: e.name
    )
    return [json.loads(entry.read_text(encoding="utf-8")) for entry in files]


def _all_records() -> Iterable[dict[str, Any]]:
    files = records()
    for file in files:
        yield from file
    for serial in (REVOKED, TAMPERED, STRANGER):
        yield from _another(files[0], serial)


def _another(file: Sequence[dict[str, Any]], serial: str) -> Iterable[dict[str, Any]]:
    """The item records of a file's first battery once more, for a battery of another serial."""
    first = next(record["subject"]["serial"] for record in file if "serial" in record["subject"])
    for record in file:
        if record["subject"].get("serial") == first:
            again = copy.deepcopy(record)
            again["subject"]["serial"] = serial
            again["recordId"] = f"{record['recordId']}.{serial}"[:64]
            yield again


def _row(ctx: Context, serial: str) -> Any:
    with ctx.read() as store:
        return next(row for row in store.batteries.all(limit=100_000) if row.serial == serial)


def _revoke(ctx: Context) -> None:
    maker = Reader("maker", "demo", ctx.issuer.did)
    reason = "Cells of this pack were recalled by their maker."
    revocation.revoke(ctx, _row(ctx, REVOKED).passport_uuid, reason, maker)


def _correct(ctx: Context, plant: Plant) -> None:
    """A better value comes in, and the maker signs it."""
    battery = _row(ctx, CORRECTED)
    values = {"batteryMass": {"value": 101.5, "unit": "kg"}}
    record = {
        "recordId": "NL10-CORRECTION",
        "kind": "model",
        "subject": {"gtin": battery.gtin},
        "values": values,
    }
    intake.accept(ctx, plant, orjson.dumps(record | {"sentAt": to_seconds(ctx.now())}), late=None)
    reason = "The first figure left out the wall bracket, which is part of the battery."
    maker = Reader("maker", "demo", ctx.issuer.did)
    correction.correct(ctx, battery.passport_uuid, reason, maker)


def _suspend_and_reinstate(ctx: Context, plant: Plant) -> None:
    """The OK is withdrawn, the battery looked at again, and stamped again."""
    battery = _row(ctx, REINSTATED)
    subject = {"gtin": battery.gtin, "serial": battery.serial}
    acts: tuple[tuple[str, dict[str, str]], ...] = (
        ("withdrawal", {"reason": "Torque of the lid was not recorded"}),
        ("release", {"stamp": "OK", "stampedBy": "end-of-line station", "station": "EOL-2"}),
    )
    for before, (kind, details) in zip((2, 1), acts, strict=True):
        sent_at = to_seconds(ctx.now() - timedelta(seconds=before))
        record = {"recordId": f"ST36-{kind}", "kind": kind, "subject": subject, "details": details}
        intake.accept(ctx, plant, orjson.dumps(record | {"sentAt": sent_at}), late=None)


def _alter(ctx: Context) -> None:
    """Somebody with the database in hand makes the battery larger than it is."""
    row = _row(ctx, TAMPERED)
    with ctx.read() as store:
        body = bytes(store.documents.newest(row.key, "public").body)  # type: ignore[union-attr]
    capacity = orjson.loads(body)["credentialSubject"]["ratedCapacity"]
    altered = body.replace(
        f'"ratedCapacity":"{capacity}"'.encode(), b'"ratedCapacity":"9' + capacity.encode() + b'"'
    )
    _overwrite(ctx, row.key, "public", altered)


def _sign_as_stranger(ctx: Context) -> None:
    """Somebody who is on no trust list signs a passport of their own."""
    row = _row(ctx, STRANGER)
    stranger = _Stranger()
    with ctx.read() as store:
        rows = store.documents.newest_of([row.key], ITEM_SECTIONS)
    for stored in rows:
        document = orjson.loads(bytes(stored.body))
        del document["proof"]
        document["issuer"] = {"id": stranger.did, "name": ctx.issuer.name}
        signed = proof.add_proofs(document, stranger, ctx.now())
        _overwrite(ctx, row.key, stored.section, proof.serialize(signed))


def _overwrite(ctx: Context, key: bytes, section: str, body: bytes) -> None:
    """What the product itself never does: change a stored document."""
    with ctx.engine.begin() as connection:
        connection.execute(
            update(documents)
            .where(documents.c.subject_key == key, documents.c.section == section)
            .values(body=body, digest=digest_multibase(body))
        )


class _Stranger:
    """A key made up on the spot, named by itself (did:key)."""

    def __init__(self) -> None:
        self._key = ec.generate_private_key(ec.SECP256R1())
        self.public_key = PublicKey.from_cryptography(self._key.public_key())
        multikey = self.public_key.to_multikey()
        self.did = f"did:key:{multikey}"
        self.verification_method = f"{self.did}#{multikey}"

    def sign_digest(self, digest: bytes) -> bytes:
        return raw_signature(self._key.sign(digest, ec.ECDSA(Prehashed(SHA256()))))
