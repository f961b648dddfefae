"""Whatever is changed in a signed document, at any depth, in its structure or its text: both verifiers catch
it, with the same report (T1, T22). `MUTATIONS=100000` makes more of them, `MUTATIONS_SEED` others.
"""

import base64
import json
import os
import random
import subprocess
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from app.core import json_strict, proof, times, trust
from app.core.errors import MalformedInput, TooLarge
from app.core.verification import Policy, verify
from tests import mutations
from tests.core.test_plain_graph import full_documents
from tests.js.node import NODE, QUIET
from tests.vectors import kit as k
from tests.vectors.kit import JCS, RDFC, sign, text

pytestmark = pytest.mark.xdist_group("mutations")  # the changes are made and judged once, not by each process
HERE = Path(__file__).resolve().parent
COUNT = int(os.environ.get("MUTATIONS", "2000"))
SEED = int(os.environ.get("MUTATIONS_SEED", "20261124"))
TRUST_LIST = k.a_signed_trust_list()
POLICY = Policy(
    trust_list=trust.parse(TRUST_LIST, k.ROOT_DOCUMENT, k.NOW),
    status_lists={url: one.encode() for url, one in k.status_lists().items()},
    schema_required=False,
)
Changed = tuple[str, str, bytes]
"""What was done, the text before, the bytes after."""


def originals() -> Iterator[str]:
    """Signed documents that are valid as they are: small and full, by both suites and by one."""
    for document in full_documents():
        if document.get("credentialSubject", {}).get("id") != k.ITEM:
            continue  # a status list, or options of a proof
        yield text(sign(document, JCS, RDFC))
    yield text(sign(k.a_credential(), JCS))


def changes(count: int) -> Iterator[Changed]:
    dice = random.Random(SEED)
    every = list(originals())
    for number in range(count):
        before = dice.choice(every)
        if number % 2:
            what, after = mutations.of_text(before, dice)
        else:
            what, document = mutations.structure(json.loads(before), dice)
            after = text(document).encode()
        yield what, before, after


def reading(data: bytes) -> Any:
    """The one value that strict reading finds; None where there is none."""
    try:
        return json_strict.loads(data, max_bytes=262_144)
    except (MalformedInput, TooLarge):
        return None


def means_the_same(before: str, after: bytes) -> bool:
    """The same values under the same names, and no supported proof of the issuer that was not there before.
    (A proof that names somebody else is an endorsement: counted in the report, never a replacement.)"""
    one, other = json.loads(before), reading(after)
    if not isinstance(other, dict):
        return False
    old, new = one.pop("proof"), other.pop("proof", None)
    own = f"{one['issuer']['id']}#"
    supported = [
        each
        for each in _listed(new)
        if _kind(each) in proof.KEY_KINDS and str(each.get("verificationMethod")).startswith(own)
    ]
    return _written(one) == _written(other) and all(each in old for each in supported)


def _kind(one: Any) -> str:
    if not isinstance(one, dict) or one.get("type") != "DataIntegrityProof":
        return ""
    kind = one.get("cryptosuite")
    return kind if isinstance(kind, str) else ""


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _written(value: Any) -> str:
    """As text, in which 1 and true differ."""
    return json.dumps(value, sort_keys=True)


@pytest.fixture(scope="module")
def reports() -> list[tuple[Changed, dict[str, Any], dict[str, Any]]]:
    """Each change with the reports of both verifiers."""
    made = list(changes(COUNT))
    ours = []
    for _, _, data in made:
        report = verify(data, POLICY, now=k.NOW, expected_subject=k.ITEM)
        with pytest.raises(TypeError):
            bool(report)
        ours.append(
            {
                "verdict": report.verdict,
                "checks": [[check.name, check.outcome, check.error] for check in report.checks],
                "sentences": [
                    "" if check.error == "DATA_LOSS_DETECTION_ERROR" else check.sentence
                    for check in report.checks
                ],
            }
        )
    common = {
        "now": times.to_seconds(k.NOW),
        "root": k.ROOT_DOCUMENT,
        "trustList": TRUST_LIST.decode(),
        "statusLists": k.status_lists(),
        "linked": {},
        "expectedSubject": k.ITEM,
    }
    done = subprocess.run(
        [NODE, QUIET, HERE / "verdicts.js"],
        input="".join(
            json.dumps(common | {"base64": base64.b64encode(data).decode()}) + "\n" for _, _, data in made
        ),
        capture_output=True, text=True, timeout=60 + COUNT,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-4000:]
    theirs = [json.loads(line) for line in done.stdout.splitlines()]
    return list(zip(made, ours, theirs, strict=True))


def test_the_documents_are_valid_before_they_are_changed() -> None:
    for document in originals():
        assert verify(document.encode(), POLICY, now=k.NOW, expected_subject=k.ITEM).verdict == "valid"


def test_every_change_of_what_is_said_is_caught(reports: Any) -> None:
    missed = [
        (what, after[:1500], ours["checks"])
        for (what, before, after), ours, _ in reports
        if ours["verdict"] == "valid" and not means_the_same(before, after)
    ]
    assert not missed, f"{len(missed)} of {COUNT}, first: {missed[0]}"


def test_both_verifiers_say_the_same_of_every_change(reports: Any) -> None:
    differing = [(what, after, ours, theirs) for (what, _, after), ours, theirs in reports if ours != theirs]
    assert not differing, f"{len(differing)} of {COUNT}, first: {differing[0]}"


def test_changes_are_of_every_kind_and_are_caught_at_many_places(reports: Any) -> None:
    kinds = Counter(what for (what, _, _), _, _ in reports)
    assert set(kinds) == {
        "odd", "add", "remove", "rename", "move", "double", "nudge",
        "flip", "cut", "put", "double member", "escape", "end", "swap",
    }  # fmt: skip
    assert min(kinds.values()) > COUNT / 100
    failed = {check[0] for _, ours, _ in reports for check in ours["checks"] if check[1] == "failed"}
    assert failed >= {"parse", "form", "proof-choice", "key", "signature-jcs"}
    # unknown where another key is named that nobody lists: never shown as verified
    assert {ours["verdict"] for _, ours, _ in reports} == {"valid", "invalid", "unknown"}
