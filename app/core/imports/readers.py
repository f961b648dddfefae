"""Readers for what is more than one value in our form: addresses, lists in a text, documents named by id."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Context, Decimal
from typing import Any, Final

from app.core.errors import MalformedInput
from app.core.imports import convert, words
from app.core.imports.convert import Read
from app.core.imports.leaves import Leaf, Steps


@dataclass(frozen=True, slots=True)
class Document:
    """A document of the same file (IDTA part 2) as members of our `document`, and where they stand."""

    members: Mapping[str, str]
    places: tuple[str, ...]


Documents = Mapping[str, Document]
"""By identifier."""

_PRECISE: Final = Context(prec=28)
_EXACT: Final = Context(prec=2000)
_CAS: Final = re.compile(r"[0-9]{2,7}-[0-9]{2}-[0-9]")
_CAS_BEHIND: Final = re.compile(r"\(\s*(?:CAS\s*)?([0-9]{2,7}-[0-9]{2}-[0-9])\s*\)\Z")
_SHORT_BEHIND: Final = re.compile(r"\(([^()]{1,20})\)\Z")


@dataclass(frozen=True, slots=True)
class Around:
    """What a reader may look at besides the value: what stands beside it or anywhere in its part
    under a name, the document's files, the unit."""

    beside: Callable[[str], Leaf | None]
    anywhere: Callable[[str], Leaf | None]
    documents: Documents
    unit: str | None


def address(given: Any, around: Around) -> Read:
    """`street, postal code, town, country` in one text, where it has just these four pieces."""
    text, note = convert.clean(given)
    pieces = [piece.strip() for piece in text.split(",")]
    if len(pieces) == 3 and (
        found := re.fullmatch(r"([A-Z]{1,3}-)?([0-9][0-9A-Z -]{2,9}?)\s+(\D+)", pieces[1])
    ):
        pieces = [pieces[0], (found[1] or "") + found[2], found[3], pieces[2]]
    country = words.country_of(pieces[-1]) if len(pieces) == 4 else None
    if country is None or not all(pieces):
        raise _refused("Street, postal code, town and country cannot be told apart in it.")
    names = ("streetAddress", "postalCode", "locality")
    found_members = dict(zip(names, pieces, strict=False)) | {"addressCountry": country}
    return Read(found_members, "; ".join(filter(None, (note, "taken apart at its commas"))))


def materials(given: Any, around: Around) -> Read:
    """Names with `;` or `,` between, each perhaps with its CAS number."""
    text, note = convert.clean(given)
    pieces = [piece.strip() for piece in re.split(r"[;,]", text) if piece.strip()]
    found = []
    for piece in pieces:
        if _CAS.fullmatch(piece) or ":" in piece:
            raise _refused("It is no list of names: each material is asked for by its name.")
        name, number = _taken_off(piece, _CAS_BEHIND)
        found.append({"materialName": name} | ({"materialIdentifier": number} if number else {}))
    return Read(found, "; ".join(filter(None, (note, "taken apart at its commas"))))


def _taken_off(text: str, behind: re.Pattern[str]) -> tuple[str, str | None]:
    """A name and what stands behind it in brackets; both are looked for once, however long the text (T28)."""
    found = behind.search(text)
    name = text[: found.start()].rstrip() if found else ""
    return (name, found[1]) if found and name else (text, None)


def one_rate(given: Any, around: Around) -> Read:
    """One C-rate of a test, for charging and for discharging."""
    rate = {"value": convert.plain_number(convert.number(given)), "unit": "A/Ah"}
    return Read({"chargeRate": rate, "dischargeRate": dict(rate)}, "one rate: taken for both directions")


def chemistry(given: Any, around: Around) -> Read:
    """One text for a chemistry: both the short and the clear name. `Long name (NCM)` has both."""
    text, note = convert.clean(given)
    name, short = _taken_off(text, _SHORT_BEHIND)
    if short:
        return Read({"shortName": short, "clearName": name}, note)
    told = "; ".join(filter(None, (note, "one name: taken for the short and the clear one")))
    return Read({"shortName": text, "clearName": text}, told)


def document(given: Any, around: Around) -> Read:
    """A document by its address, or by its identifier in the same file (IDTA part 2)."""
    text, note = convert.clean(given)
    if "://" in text:
        return Read({"url": convert.value_of_address(text)}, note)
    found = around.documents.get(text)
    if found is None:
        raise _refused("It names a document that this file does not hold; send its address.")
    return Read(dict(found.members), "the document of this identifier, from part 2")


def address_of_document(given: Any, around: Around) -> Read:
    """The address alone, for attributes that are an address."""
    members = document(given, around)
    if "url" not in members.value:
        raise _refused("The document of this identifier has no address.")
    return Read(members.value["url"], members.note)


def per_kwh(given: Any, around: Around) -> Read:
    """A carbon footprint of so many kWh, for one."""
    return _per(given, around, "kg CO2e/kWh")


def per_piece(given: Any, around: Around) -> Read:
    """A carbon footprint of so many pieces, for one."""
    return _per(given, around, "kg CO2e")


def _per(given: Any, around: Around, unit: str) -> Read:
    number, there = convert.number(given), around.beside("../QuantityOfMeasureForCalculation")
    quantity = convert.number(there.value) if there is not None else Decimal(1)
    if quantity <= 0:
        raise _refused("The quantity that it is for is none.")
    each = _PRECISE.divide(number, quantity)
    if _EXACT.multiply(each, quantity) != number:
        raise _refused("The number for one cannot be written exactly: give it for one.")
    value = {"value": convert.plain_number(number if quantity == 1 else each), "unit": unit}
    return Read(value, None if quantity == 1 else f"for one, of {convert.plain_number(quantity)}")


def extinguisher(given: Any, around: Around) -> Read:
    """A medium, with the fire class that stands beside it."""
    text, note = convert.clean(given)
    fire_class = around.beside("../agentFireClass") or around.beside("../fireClass")
    if fire_class is None or not isinstance(fire_class.value, str) or not fire_class.value.strip():
        return Read(text, note)
    named = fire_class.value.strip()
    named = named if named.casefold().startswith("class") else f"Class {named}"
    if text.casefold().startswith(named.casefold()):
        return Read(text, note)
    return Read(f"{named}: {text}", "with its fire class")


def watts(given: Any, around: Around) -> Read:
    """A power of which the model says per cent. What is no larger than 100 may be just that."""
    number = convert.number(given)
    if number <= 100:
        raise _refused("It may be per cent, as the model says, or watts: send it with its unit.")
    return Read({"value": convert.plain_number(number), "unit": "W"})


def ampere_hours(given: Any, around: Around) -> Read:
    """A capacity of which the model says kWh. Where the rated energy shows that it is kWh, it is refused."""
    number = convert.number(given)
    capacity, energy = _amount(around, "ratedCapacity"), _amount(around, "ratedEnergy")
    if capacity and energy and number * 2 < capacity and number <= energy * Decimal("1.2"):
        raise _refused("It looks like an energy in kWh beside the rated ones; a capacity in Ah is asked for.")
    return Read({"value": convert.plain_number(number), "unit": "Ah"})


def power_ratio(given: Any, around: Around) -> Read:
    """W/Wh, of which the models say per cent. Where power and energy are known, they tell which it is."""
    number, in_percent = convert.number(given), around.unit == "%"
    power = _amount(around, "ratedMaximumPower") or _amount(around, "MaximumPermittedBatteryPower")
    energy = _amount(around, "ratedEnergy") or _amount(around, "CertifiedUsableBatteryEnergy")
    hundredth, why = Decimal("0.01"), None
    if power and energy:
        # SAMM has the power in kW, IDTA in W; both the energy in kWh.
        expected = power / energy if in_percent else power / energy / 1000
        as_share, as_ratio = (expected / 3 < one < expected * 3 for one in (number * hundredth, number))
        if as_ratio != as_share:
            in_percent, why = as_share, "power and energy of the document show it"
    if in_percent:
        told = "from % to W/Wh" + (f": {why}" if why and around.unit != "%" else "")
        return Read({"value": convert.plain_number(number * hundredth), "unit": "W/Wh"}, told)
    said = why or "that is what it is the ratio of"
    note = f"the model says per cent; taken as W/Wh: {said}"
    return Read({"value": convert.plain_number(number), "unit": "W/Wh"}, note)


def _amount(around: Around, name: str) -> Decimal | None:
    there = around.anywhere(name)
    try:
        found = convert.number(there.value) if there is not None else None
    except MalformedInput:
        return None
    return found if found is not None and found > 0 else None


def life(given: Any, around: Around) -> Read:
    """A length of time in whole months or years."""
    number = convert.number(given)
    letter = {"month": "M", "a": "Y"}.get(around.unit or "")
    if letter is None or number != number.to_integral_value() or number <= 0:
        raise _refused("Only whole months and years can be told exactly; days and weeks cannot.")
    return Read(f"P{int(number)}{letter}", "as an ISO 8601 duration")


def term(given: Any, around: Around) -> Read:
    """A word, or the last piece of a term's address."""
    text, note = convert.clean(given)
    short = re.split(r"[/#]", text)[-1] if "://" in text else text
    return Read(short, note if short == text else "the last piece of the term's address")


def marking(given: Any, around: Around) -> Read:
    """CE, whether it is written so or as the entry of ECLASS for it."""
    text, note = convert.clean(given)
    is_word = text.casefold().startswith("ce")
    return Read(text if is_word else "CE", note if is_word else "the entry of ECLASS for it")


def code(given: Any, around: Around) -> Read:
    """A customs code without the blanks that people write in it."""
    text, note = convert.clean(given)
    bare = re.sub(r"[ .]", "", text)
    return Read(bare, note if bare == text else "without blanks")


def _named(name: str, number: str) -> Callable[[Any, Around], Read]:
    def read(given: Any, around: Around) -> Read:
        return Read({"materialName": name, "materialIdentifier": number}, "said to be critical")

    return read


READERS: Final[Mapping[str, Callable[[Any, Around], Read]]] = {
    "address": address,
    "materials": materials,
    "one-rate": one_rate,
    "chemistry": chemistry,
    "document": document,
    "per-kwh": per_kwh,
    "per-piece": per_piece,
    "document-address": address_of_document,
    "extinguisher": extinguisher,
    "life": life,
    "term": term,
    "code": code,
    "marking": marking,
    "named-nickel": _named("Nickel", "7440-02-0"),
    "named-cobalt": _named("Cobalt", "7440-48-4"),
    "named-lithium": _named("Lithium", "7439-93-2"),
    "watts": watts,
    "ampere-hours": ampere_hours,
    "power-ratio": power_ratio,
}


def documents_in(leaves: Mapping[Steps, Leaf]) -> dict[str, Document]:
    """The documents of IDTA part 2 that have a file, by identifier. `leaves`: values by squashed path."""
    found: dict[str, dict[str, str]] = {}
    places: dict[str, list[str]] = {}
    identifiers: dict[str, list[str]] = {}
    for steps, leaf in leaves.items():
        if len(steps) < 3 or steps[0] != "documents" or not isinstance(leaf.value, str):
            continue
        text, at = leaf.value.strip(), steps[1]
        if steps[-1] == "documentidentifier":
            identifiers.setdefault(at, []).append(text)
            places.setdefault(at, []).append(leaf.pointer)
        name = _of_document(steps)
        if name is not None and text and name not in found.setdefault(at, {}):
            found[at][name] = text
            places.setdefault(at, []).append(leaf.pointer)
    return {
        identifier: Document(found[at], tuple(places[at]))
        for at, names in identifiers.items()
        for identifier in names
        if "url" in found.get(at, {})
    }


def _of_document(steps: Steps) -> str | None:
    if steps[-1] == "value" and "digitalfiles" in steps:
        return "url"
    if steps[-1] == "contenttype" and "digitalfiles" in steps:
        return "mediaType"
    if "title" in steps[-3:]:
        return "documentTitle"
    return None


def _refused(detail: str) -> MalformedInput:
    return MalformedInput(detail, rule="import")
