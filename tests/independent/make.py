"""`python -m tests.independent.make WORK`: what this product issues, written to WORK/ours.json for check.js.

A demo is made in a temporary directory, as `./run` makes one, and every section of two passports is taken
from it as stored, one of them revoked; then again with one value changed.
"""

import json
import sys
import tempfile
from pathlib import Path
from typing import Any

from app import config, wiring
from app.core import contexts
from app.core.access import Reader
from app.core.times import to_seconds
from app.core.vocabulary import SECTIONS
from app.services import demo, jose_form, revocation, status, trust

CONTEXTS_OF_DID = {
    "https://www.w3.org/ns/did/v1": {"@context": {"@version": 1.1, "id": "@id", "type": "@type"}},
}


def main(work: Path) -> None:
    with tempfile.TemporaryDirectory() as folder:
        settings = config.create(Path(folder) / "data", "http://localhost:8000", demo=True, environ={})
        wiring.create_data(settings)
        wiring.migrate(settings)
        ctx = wiring.build(settings)
        demo.seed(ctx)
        (work / "ours.json").write_text(json.dumps(_ours(ctx)))
        ctx.dispose()


def _ours(ctx: Any) -> dict[str, Any]:
    with ctx.read() as store:
        good, revoked = [row for row in store.batteries.all(limit=50) if row.state == "issued"][:2]
    revocation.revoke(ctx, revoked.passport_uuid, "for the check", Reader("maker", "m", ctx.issuer.did))
    did = trust.did_document(ctx)
    methods = {one["id"]: one for one in did["verificationMethod"]}
    documents: dict[str, Any] = {url: json.loads(data) for url, data in contexts.for_conformance().items()}
    documents |= CONTEXTS_OF_DID | {did["id"]: did}
    for name, one in methods.items():
        context = "https://w3id.org/security/multikey/v1"
        documents[name] = {"@context": context, **one}
    documents |= {url: json.loads(data) for url, data in status.all_published(ctx).items()}
    credentials, tokens = [], []
    for battery, withdrawn in ((good, False), (revoked, True)):
        with ctx.read() as store:
            rows = store.documents.newest_of([battery.key, battery.model_key], SECTIONS)
        for row in rows:
            name = f"{'revoked ' if withdrawn and row.subject_key == battery.key else ''}{row.section}"
            expected = not name.startswith("revoked")
            document = json.loads(row.body)
            credentials.append({"name": name, "credential": document, "expected": expected})
            changed = document | {"validFrom": "2020-01-01T00:00:00Z"}
            credentials.append({"name": f"{name}, altered", "credential": changed, "expected": False})
            token = jose_form.of(ctx, row)[0].decode()
            jwk = next(one["publicKeyJwk"] for one in methods.values() if "publicKeyJwk" in one)
            tokens.append({"name": name, "token": token, "jwk": jwk, "expected": True})
            tokens.append({"name": f"{name}, altered", "token": f"{token[:-9]}AAAAAAAA{token[-1]}",
                           "jwk": jwk, "expected": False})  # fmt: skip
    now = to_seconds(ctx.now())
    return {"now": now, "documents": documents, "credentials": credentials, "tokens": tokens}


if __name__ == "__main__":
    main(Path(sys.argv[1]))
