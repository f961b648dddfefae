"""Both verifiers give the same report, check for check, on documents that nobody would think of (T22).

The shared vectors say what is right; this compares the two on some hundred odd documents that were signed so.
"""

import base64
import copy
import json
import random
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from app.core import times, trust
from app.core.verification import Policy, verify
from tests.core.test_hostile_documents import ODD_TEXT, RICH, places
from tests.js.node import NODE, QUIET
from tests.vectors import cases_jose
from tests.vectors import kit as k
from tests.vectors.kit import JCS, RDFC, Suite, sign, text

HERE = Path(__file__).resolve().parent
ODD = [json.loads(one) for one in ODD_TEXT.split()]
TRUST_LIST = k.a_signed_trust_list()
LISTS = k.status_lists()


def changed(document: Any, path: tuple[Any, ...], odd: Any) -> Any:
    found = copy.deepcopy(document)
    holder = found
    for step in path[:-1]:
        holder = holder[step]
    holder[path[-1]] = odd
    return found


def signed_so(document: dict[str, Any]) -> Iterator[str]:
    """The document signed as it is: with both suites where its meaning has a form, else with one."""
    try:
        yield text(sign({"@context": None} | document, JCS, RDFC))
    except Exception:  # the builder refuses what the verifier is to refuse: sign the bytes alone
        yield text(sign({"@context": None} | document, JCS))
        good = sign(k.a_credential(), JCS, RDFC)["proof"][1]
        made = sign({"@context": None} | document, JCS)
        yield text(made | {"proof": [*made["proof"], good]})


def documents() -> Iterator[tuple[str, dict[str, str]]]:
    """A document, with status lists at hand."""
    dice = random.Random(20261124)
    for path in places(RICH):
        for odd in dice.sample(ODD, 3):
            for one in signed_so(changed(RICH, path, odd)):
                yield one, LISTS
    proof = sign(k.a_credential(), JCS, RDFC)
    for path in places(proof["proof"]):
        for odd in dice.sample(ODD, 3):
            yield text(proof | {"proof": changed(proof["proof"], path, odd)}), LISTS
    for path in places(RICH):
        yield cases_jose.token(changed(RICH, path, dice.choice(ODD))), LISTS
    header, payload, signature = cases_jose.token().split(".")
    known = json.loads(base64.urlsafe_b64decode(header + "=="))
    for name in ("alg", "typ", "cty", "kid", "iat", "iss", "nbf", "exp", "x5c", "jwk"):
        for odd in ODD:
            yield cases_jose.resigned(known | {name: odd}, k.a_credential()), LISTS
            yield cases_jose.token(k.a_credential() | {name: odd}), LISTS
    for part in (header, payload, signature):
        cut = dice.randrange(len(part))
        yield f"{header}.{payload}.{signature}".replace(part, part[:cut] + "A" + part[cut + 1 :], 1), LISTS
    plain = text(sign(k.a_credential(), JCS))
    listed = json.loads(LISTS[k.REVOCATIONS])
    unsigned = {name: value for name, value in listed.items() if name != "proof"}
    for path in places(unsigned):
        for odd in dice.sample(ODD, 3):
            other = text(sign(changed(unsigned, path, odd), Suite(JCS.name, k.SEAL, listed["validFrom"])))
            yield plain, LISTS | {k.REVOCATIONS: other}


def test_both_verifiers_agree_on_odd_documents_that_were_signed_so() -> None:
    linked = {"urn:r": text(sign(k.a_credential(), JCS))}
    expected, lines = [], []
    for data, lists in documents():
        policy = Policy(
            trust_list=trust.parse(TRUST_LIST, k.ROOT_DOCUMENT, k.NOW),
            status_lists={url: one.encode() for url, one in lists.items()},
            schema_required=False,
        )
        report = verify(
            data.encode(),
            policy,
            now=k.NOW,
            expected_subject=k.ITEM,
            linked={url: one.encode() for url, one in linked.items()},
        )
        expected.append(
            {
                "verdict": report.verdict,
                "checks": [[check.name, check.outcome, check.error] for check in report.checks],
                "sentences": [
                    # which of several losses is named first depends on the library
                    "" if check.error == "DATA_LOSS_DETECTION_ERROR" else check.sentence
                    for check in report.checks
                ],
            }
        )
        lines.append(
            json.dumps(
                {
                    "data": data,
                    "now": times.to_seconds(k.NOW),
                    "root": k.ROOT_DOCUMENT,
                    "trustList": TRUST_LIST.decode(),
                    "statusLists": lists,
                    "linked": linked,
                    "expectedSubject": k.ITEM,
                }
            )
        )
    assert len(lines) > 300
    assert {one["verdict"] for one in expected} >= {"valid", "invalid"}
    done = subprocess.run(
        [NODE, QUIET, HERE / "verdicts.js"],
        input="".join(f"{line}\n" for line in lines),
        capture_output=True,
        text=True,
        timeout=180,
    )
    assert done.returncode == 0, done.stderr[-4000:]
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    differing = [
        (json.loads(line)["data"][:1500], one, other)
        for line, one, other in zip(lines, expected, answers, strict=True)
        if one != other
    ]
    assert not differing, f"{len(differing)} differ, first: {differing[0]}"
