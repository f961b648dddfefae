"""Verification on the server, beside one bare P-256 verification of a ready digest."""

import copy
import itertools
import re
from collections.abc import Callable
from typing import Any

import orjson

from app.core import jsonld, proof, verification
from app.core.keys import PublicKey
from app.services import keys, reading
from app.services import verification as services_verification
from app.services.context import Context
from benchmarks import installation, measure
from benchmarks.installation import Installation
from benchmarks.measure import Group, Target

UNNAMED_NODES = 120
VARIANTS = 24
"""More documents than the canonicalizer keeps forms of, so that each one is worked out."""
FLOOR = "bare P-256 verification"
JCS, REPORT, RDFC, WHOLE, MANY = (
    "JCS proof, known key", "whole report without RDFC", "RDFC proof", "whole report with RDFC",
    f"RDFC proof, {UNNAMED_NODES} unnamed nodes",
)  # fmt: skip


def run(rounds: int) -> list[Group]:
    """A public section with every attribute set."""
    with installation.new() as made:
        ctx = made.ctx
        body = reading.public_bytes(ctx, made.uuid).body
        document = orjson.loads(body)
        signer = keys.signer(ctx)
        key = signer.public_key
        policy = services_verification.own_policy(ctx)
        subject = document["credentialSubject"]["id"]
        digest = bytes(32)
        signature = signer.sign_digest(digest)
        variants = [_signed(ctx, _variant(document, number)) for number in range(VARIANTS)]
        bodies = itertools.cycle([proof.serialize(one) for one in variants])
        many = [_signed(ctx, _variant(_with_nodes(document), number)) for number in range(VARIANTS)]
        costs = measure.rounds(
            {
                FLOOR: measure.cpu(lambda: key.verify_digest(digest, signature), 200),
                JCS: measure.cpu(lambda: proof.verify_proof(document, document["proof"][0], key), 100),
                REPORT: measure.cpu(
                    lambda: verification.verify(
                        body, policy, now=ctx.now(), expected_subject=subject, with_rdfc=False
                    ).require(),
                    50,
                ),
                RDFC: measure.cpu(_checker(variants, key), VARIANTS),
                WHOLE: measure.cpu(
                    lambda: verification.verify(
                        next(bodies), policy, now=ctx.now(), expected_subject=subject
                    ).require(),
                    VARIANTS,
                ),
                MANY: measure.cpu(_checker(many, key), VARIANTS),
            },
            rounds,
        )
        note = f"{len(body):,} bytes with {_unnamed(document)} unnamed nodes; two status lists; own schema"
    return [
        Group(
            "Verifying a full public section on the server: CPU time",
            (
                measure.figure(costs, JCS, FLOOR, target=Target(2_000, "value", "us")),
                measure.figure(costs, REPORT, FLOOR, target=Target(2_000, "value", "us")),
                measure.figure(costs, RDFC, FLOOR, unit="ms"),
                measure.figure(costs, WHOLE, FLOOR, unit="ms"),
                measure.figure(costs, MANY, FLOOR, unit="ms", target=Target(60, "value", "ms")),
            ),
            (note,),
        )
    ]


def many_nodes(made: Installation) -> bytes:
    """The public section with 120 unnamed nodes, signed by both suites, as bytes: for the browser."""
    document = orjson.loads(reading.public_bytes(made.ctx, made.uuid).body)
    return proof.serialize(_signed(made.ctx, _with_nodes(document)))


def _checker(documents: list[dict[str, Any]], key: PublicKey) -> Callable[[], None]:
    turn = itertools.cycle(documents)

    def check() -> None:
        document = next(turn)
        proof.verify_proof(document, document["proof"][1], key)

    return check


def _signed(ctx: Context, document: dict[str, Any]) -> dict[str, Any]:
    unsigned = {name: value for name, value in document.items() if name != "proof"}
    return proof.add_proofs(unsigned, keys.signer(ctx), ctx.now())


def _variant(document: dict[str, Any], number: int) -> dict[str, Any]:
    made = copy.deepcopy(document)
    made["credentialSubject"]["batteryModelIdentifier"] = f"Model {number}"
    return made


def _with_nodes(document: dict[str, Any]) -> dict[str, Any]:
    """As many hazardous substances more as make up the number of unnamed nodes."""
    made = copy.deepcopy(document)
    lacking = UNNAMED_NODES - _unnamed(made)
    assert lacking > 0
    made["credentialSubject"]["hazardousSubstances"] += [
        {
            "hazardousSubstanceName": f"Substance {number}",
            "hazardousSubstanceConcentration": f"{number}.5",
            "hazardousSubstanceIdentifier": f"CAS {number}-02-0",
        }
        for number in range(lacking)
    ]
    assert _unnamed(made) == UNNAMED_NODES
    return made


def _unnamed(document: dict[str, Any]) -> int:
    unsigned = {name: value for name, value in document.items() if name != "proof"}
    return len(set(re.findall(rb"_:c14n\d+", jsonld.canonicalize(unsigned))))
