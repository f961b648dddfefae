"""A credential issued anew from its own content: what another key signed, with nothing of it changed.

The subject, its status places and its schema stay; the identifier, the date, what it replaces and, for the
public section, the links to model sections are new. Source: credential profile sections 1 and 4; T53.
"""

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from app.core.credential import Earlier, Link
from app.core.errors import MalformedInput
from app.core.times import to_seconds

_LAST: Final = ("replaces", "demo")
"""Members that stand at the end."""
_MODEL_ADDRESS: Final = re.compile(r".*/sections/([a-z]+)/[0-9]+")


def unsigned(
    stored: Mapping[str, Any],
    *,
    credential_id: str,
    at: datetime,
    earlier: Sequence[Earlier],
    links: Mapping[str, Link],
) -> dict[str, Any]:
    """The next version of `stored`, without proofs, its members in their order.

    `earlier` is as `credential.Issue` has it: the version before for item sections, all of them for model
    sections. `links` has the newest version of each model section that the public one is to lead to; one that
    is not there keeps its old link. Raises: MalformedInput when `stored` is not one of our sections.
    """
    document = {name: value for name, value in stored.items() if name not in ("proof", *_LAST)}
    if not {"id", "validFrom", "credentialSubject"} <= document.keys() or not earlier:
        raise MalformedInput("this is not a section of a passport", rule="section")
    document["id"] = credential_id
    document["validFrom"] = to_seconds(at)
    if "sequence" in document:
        document["sequence"] += 1
        document["previous"] = earlier[0].digest
    if "relatedResource" in document:
        document["relatedResource"] = [_linked(one, links) for one in document["relatedResource"]]
    document["replaces"] = [{"id": one.credential_id, "digestMultibase": one.digest} for one in earlier]
    return document | {name: stored[name] for name in _LAST if name in stored and name != "replaces"}


def _linked(entry: Mapping[str, Any], links: Mapping[str, Link]) -> dict[str, Any]:
    found = _MODEL_ADDRESS.fullmatch(str(entry.get("id")))
    link = links.get(found[1]) if found else None
    return dict(entry) if link is None else {**entry, "id": link.url, "digestMultibase": link.digest}
