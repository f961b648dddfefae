"""The JOSE form of a section: made when it is first asked for, then stored and served as it is, until the key
that signed it is revoked.

A token is made only of a stored document whose own signature and dates hold: the key never signs what an
attacker wrote into the database (T1, T39). Source: credential profile, section 3.
"""

from typing import Any, Final

from app.core import jose, json_strict, log, verification
from app.core.authenticity import Policy
from app.core.errors import NotFound
from app.core.multibase import digest_multibase
from app.core.report import CHECK_NAMES, Report
from app.core.times import to_text
from app.core.trust import TrustedKey
from app.services import keys, throttling
from app.services import verification as own_verification
from app.services.context import Context
from app.services.keys import Superseded
from app.services.publication import append_log
from app.store.unit_of_work import Collision

MADE_LIMIT: Final = throttling.Limit("jose-form", 600, throttling.MINUTE)
"""Made by the whole installation: anybody may ask, and a token or a sealing service is slow (T27)."""
_TRIES: Final = 3
_MUST_PASS: Final = CHECK_NAMES[: CHECK_NAMES.index("time") + 1]


def of(ctx: Context, row: Any) -> tuple[bytes, str]:
    """The token of one stored document (a row of `documents`) and its digest, which is its ETag.

    Raises: NotFound when the stored document does not hold; CannotSign while no key is in use; RateLimited
    when too many are asked for that are not made yet.
    """
    for _ in range(_TRIES):
        with ctx.read() as store:
            found = store.jose_documents.of(row.subject_key, row.section, row.version)
        if found is not None and not _is_revoked(ctx, str(found.signed_by)):
            return bytes(found.body), str(found.digest)
        try:
            return _make(ctx, row, instead_of=found)
        except (Collision, Superseded):
            continue  # another worker was faster, or the key was changed meanwhile
    raise RuntimeError("a token was made by others and is not there, at each of three tries")


def _is_revoked(ctx: Context, method: str) -> bool:
    """A token whose key fell into wrong hands is made anew: no proof of an earlier time goes with it."""
    name = method.partition("#")[2]
    return any(record.name == name and record.revoked for record in keys.all(ctx))


def _make(ctx: Context, row: Any, *, instead_of: Any) -> tuple[bytes, str]:
    now = ctx.now()
    policy = own_verification.own_policy(ctx)
    stored = bytes(row.body)
    _require(verification.verify(stored, policy, now=now, with_rdfc=False))
    unsecured = json_strict.loads(stored)
    del unsecured["proof"]
    signer = keys.signer(ctx)
    listed = _listed(policy, signer.verification_method)
    if listed is None:
        raise NotFound("This document has no other form yet.")  # nobody could check what we would sign
    throttling.count(ctx, MADE_LIMIT, ctx.issuer.did)
    body = jose.build(unsecured, signer, now, listed.x5c)
    _require(verification.verify(body, policy, now=now))
    digest = digest_multibase(body)
    salt = None if row.section == "public" else log.derived_salt(ctx.secret, digest)
    with ctx.unit_of_work() as work:
        keys.require_good(work, [signer.verification_method], now)
        leaf = log.form_added(row.section, digest, salt=salt, at=now)
        position = append_log(work, ctx, [leaf], now)
        if instead_of is not None:
            work.jose_documents.drop(instead_of)
        work.jose_documents.add(
            {
                "subject_key": row.subject_key, "section": row.section, "version": row.version,
                "economic_operator_id": ctx.issuer.did, "digest": digest, "body": body,
                "signed_by": signer.verification_method, "log_position": position,
                "created_at": to_text(now),
            }
        )  # fmt: skip
        work.commit()
    return body, digest


def _listed(policy: Policy, method: str) -> TrustedKey | None:
    """Our key as the trust list has it, perhaps with certificates."""
    issuer = policy.trust_list.issuer(method.partition("#")[0]) if policy.trust_list else None
    return issuer.keys.get(method) if issuer else None


def _require(report: Report) -> None:
    """Who signed it and when must hold; a passport that was withdrawn since keeps its forms."""
    if any(report.check(name).outcome != "passed" for name in _MUST_PASS):
        raise NotFound("This document has no other form.")
