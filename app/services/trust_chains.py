"""Chains behind listed keys, and the anchors that this installation pins for them, as PEM files."""

from collections.abc import Mapping
from typing import Any

from cryptography import x509

from app.core import chains, trust_shape
from app.core.chains import Chain
from app.core.errors import MalformedInput, NotConfigured
from app.core.root_signatures import TrustListRefused
from app.core.trust_shape import TrustedIssuer, TrustedKey
from app.services.context import Context


def anchors(ctx: Context) -> list[x509.Certificate]:
    """Certificates that a chain may lead to. Raises: NotConfigured for a file that holds none."""
    found: list[x509.Certificate] = []
    for path in sorted(ctx.settings.anchors_dir.glob("*.pem")):
        try:
            found += chains.anchors_of(path.read_bytes())
        except MalformedInput as error:
            raise NotConfigured(f"{path} cannot be read: {error}.") from None
    return found


def require_new(ctx: Context, before: Mapping[str, Any] | None, after: Mapping[str, Any]) -> None:
    """Every chain that was not on the list before leads to an anchor, now. One that has run out since must
    not keep a list from being renewed: `passport trust show` tells of it. Raises: TrustListRefused."""
    known = {
        (key.id, key.x5c)
        for issuer in (trust_shape.read(before).issuers.values() if before else ())
        for key in issuer.keys.values()
    }
    for issuer in trust_shape.read(after).issuers.values():
        for key in issuer.keys.values():
            if key.x5c and (key.id, key.x5c) not in known:
                try:
                    judge(ctx, issuer, key)
                except (TrustListRefused, MalformedInput) as error:
                    raise TrustListRefused(f"{key.id}: {error}") from None


def judge(ctx: Context, issuer: TrustedIssuer, key: TrustedKey) -> Chain:
    """The chain of a key, at the last moment at which the key could sign. Raises: TrustListRefused,
    MalformedInput."""
    at = min(one for one in (ctx.now(), key.expires, key.revoked) if one is not None)
    return chains.require(key.x5c, key.public_key, anchors(ctx), at, issuer.organization_identifier)
