"""A URI of a line event as a thing, as `app/core/epcis_things.py` reads it, and parts by their own addresses.

`…/01/GTIN/21/SERIAL` is a battery (or another item), `…/01/GTIN/10/LOT` a batch. What has no GTIN ends, under
the maker's own domain, with `/module/`, `/cell/`, `/component/`, `/cell-lot/` or `/material-lot/` and its
number; `/class/` and `/lot/` are a lot of cells where pieces are counted, else one of material. Anything else
is a thing by its whole URI.
"""

import re
from typing import Final, cast
from urllib.parse import unquote

from app.core import epcis_things
from app.core.errors import MalformedInput
from app.core.genealogy_things import Thing, ThingKind
from app.core.texts import Place

PIECES: Final = frozenset({"C62", "H87", "EA", "pieces"})
_OWN: Final = re.compile(r"https?://[^?#]+/(module|cell|component|cell-lot|material-lot)/([^/?#]+)")


def thing_of(uri: str, unit: str = "pieces") -> Thing:
    """The thing that a URI names; `unit` is what it is counted in."""
    if own := _OWN.fullmatch(uri):
        return Thing(cast(ThingKind, own[1]), unquote(own[2]))
    try:
        found = epcis_things.thing(uri, Place("", ""))
    except MalformedInput:
        return Thing("thing", uri)
    if found.kind == "item":
        return Thing("battery", str(found.serial), found.gtin)
    if found.kind == "batch":
        return Thing("batch", str(found.lot), found.gtin)
    if found.kind == "part-lot":
        return Thing("cell-lot" if unit in PIECES else "material-lot", str(found.lot))
    return Thing("thing", uri)
