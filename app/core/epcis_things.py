"""What an EPCIS event names: an item with a serial, a lot of a product, a product, a lot of parts, or else.

A GS1 Digital Link of any host and an EPC URN are two spellings of one GS1 key. What is neither stays the text
that it is: a cell or a module whose maker gave it an identifier of its own.
Source: EPC Tag Data Standard 2.0 (SGTIN, LGTIN); GS1 Digital Link URI Syntax; CBV 2.0, 8.2 and 8.3.
"""

import re
from dataclasses import dataclass
from typing import Final, Literal

from app.core import identifiers
from app.core.errors import MalformedIdentifier
from app.core.texts import Place

ThingKind = Literal["item", "batch", "product", "part-lot", "other"]

MAX_URI_LENGTH: Final = 300
_LINK: Final = re.compile(
    r"https?://[^/?#\s]+(?:/[^?#\s]*)?/01/([^/?#\s]*)(?:/22/[^/?#\s]+)?(?:/10/([^/?#\s]+))?"
    r"(?:/21/([^/?#\s]+))?/?(?:[?#]\S*)?"
)
_URN: Final = re.compile(r"urn:epc:(id:sgtin|class:lgtin|idpat:sgtin):([0-9]{6,12})\.([0-9]+)\.(\S+)")
_PARTS: Final = re.compile(r"https?://[^/?#\s]+(?:/[^/?#\s]+)*/(?:class|lot)/([^/?#\s]+)")
_URI: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:[^\s\x00-\x20\"<>\\^`{|}]+")


@dataclass(frozen=True, slots=True)
class Thing:
    """One thing on the line. `text` is what was sent."""

    kind: ThingKind
    text: str
    gtin: str | None = None
    lot: str | None = None
    serial: str | None = None

    @property
    def key(self) -> str:
        """One text for each thing, however it was spelled. Serials that differ in case alone are one."""
        if self.kind == "item" and self.serial is not None:
            return f"(01){self.gtin}(21){self.serial.upper()}"
        if self.kind == "batch":
            return f"(01){self.gtin}(10){self.lot}"
        if self.kind == "part-lot":
            return f"(10){self.lot}"
        return f"(01){self.gtin}" if self.kind == "product" else self.text


def thing(text: str, place: Place) -> Thing:
    """Read one identifier. Raises: MalformedInput for what is no URI, or a GS1 key with a wrong digit."""
    if len(text) > MAX_URI_LENGTH or not _URI.fullmatch(text):
        place.refuse("uri", f"Send a whole URI of at most {MAX_URI_LENGTH} characters.")
    try:
        return _link(text) or _urn(text) or _part(text) or Thing("other", text)
    except MalformedIdentifier as fault:
        place.refuse(fault.rule, str(fault))


def _link(text: str) -> Thing | None:
    found = _LINK.fullmatch(text)
    if found is None:
        return None
    gtin = identifiers.gtin(identifiers.path_value(found[1]))
    return _gs1(text, gtin, *(found[at] and identifiers.path_value(found[at]) for at in (2, 3)))


def _urn(text: str) -> Thing | None:
    """The company prefix and the item reference have 13 digits together; its first is the indicator."""
    found = _URN.fullmatch(text)
    if found is None or len(found[2]) + len(found[3]) != 13:
        return None
    digits = found[3][0] + found[2] + found[3][1:]
    gtin = digits + identifiers.check_digit(digits)
    last = identifiers.path_value(found[4])
    if found[1] == "id:sgtin":
        return _gs1(text, gtin, None, last)
    if found[1] == "class:lgtin":
        return _gs1(text, gtin, last, None)
    return Thing("product", text, gtin) if last == "*" else None


def _gs1(text: str, gtin: str, lot: str | None, serial: str | None) -> Thing:
    if lot is not None:
        identifiers.lot(lot)
    if serial is not None:
        return Thing("item", text, gtin, None, identifiers.serial(serial))
    return Thing("batch", text, gtin, lot) if lot is not None else Thing("product", text, gtin)


def _part(text: str) -> Thing | None:
    """A lot of parts under the maker's own domain ends with `/class/` or `/lot/` and its number."""
    found = _PARTS.fullmatch(text)
    if found is None:
        return None
    try:
        return Thing("part-lot", text, lot=identifiers.lot(identifiers.path_value(found[1])))
    except MalformedIdentifier:
        return None  # longer than a lot may be here: it is known by its whole address
