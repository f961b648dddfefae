"""The state of trust for people: root, list, its end, chains, and whether a new list is due."""

from typing import Any

from app.core import times, trust, trust_draft, trust_root, trust_shape
from app.core.errors import MalformedInput, NotConfigured
from app.core.root_signatures import TrustListRefused
from app.services import trust as trust_service
from app.services import trust_chains, trust_lists
from app.services.context import Context


def standing(ctx: Context) -> dict[str, Any]:
    """Everything `passport trust show` says. `problem` is why the list is not believed, or None."""
    root = trust_service.root(ctx)
    now = ctx.now()
    body = trust_lists.newest_signed(ctx)
    return {
        "root": {
            "version": trust_root.version_of(root),
            "threshold": trust_root.threshold_of(root),
            "keys": {name: key.to_multikey() for name, key in trust_root.keys_of(root).items()},
            "keysHere": [signer.verification_method for signer in ctx.root_signers()],
        },
        "list": body,
        "ageSeconds": int((now - times.parse(body["issued"])).total_seconds()) if body else None,
        "daysLeft": (times.parse(body["expires"]) - now).days if body else None,
        "problem": _problem(ctx),
        "due": trust_lists.is_due(ctx),
        "chains": _chains(ctx, body) if body else {},
    }


def lines(found: dict[str, Any]) -> list[str]:
    """The same to be read."""
    root, body = found["root"], found["list"]
    told = [f"root version {root['version']}: {root['threshold']} of {len(root['keys'])} keys must sign"]
    told += [f"  {name}  {key}" for name, key in root["keys"].items()]
    if root["keysHere"]:
        told.append(f"  private halves lie here: {', '.join(root['keysHere'])}")
    if body is None:
        return [*told, "There is no trust list yet."]
    told += trust_draft.summary(body)
    told += [f"chain of {key}: {sentence}" for key, sentence in found["chains"].items()]
    told.append(f"{found['ageSeconds'] // 86_400} days old, ends in {found['daysLeft']} days")
    if found["due"]:
        told.append("A new list is due: `passport trust draft`.")
    if found["problem"]:
        told.append(f"NOT BELIEVED: {found['problem']}")
    return told


def _problem(ctx: Context) -> str | None:
    try:
        trust.parse(trust_service.published(ctx), trust_service.root(ctx), ctx.now())
    except (TrustListRefused, MalformedInput, NotConfigured) as error:
        return str(error)
    return None


def _chains(ctx: Context, body: dict[str, Any]) -> dict[str, str]:
    told = {}
    for issuer in trust_shape.read(body).issuers.values():
        for key in issuer.keys.values():
            if not key.x5c:
                continue
            try:
                chain = trust_chains.judge(ctx, issuer, key)
                told[key.id] = (
                    f"{chain.subject}, until {times.to_seconds(chain.not_after)}, leads to {chain.anchor}"
                )
            except (TrustListRefused, MalformedInput) as error:
                told[key.id] = f"DOES NOT HOLD: {error}"
    return told
