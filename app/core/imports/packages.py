"""The package form of an Asset Administration Shell (.aasx): its one environment, from JSON or from XML.

XML is brought into the shape of the JSON form first, as far as a submodel's values, their names and what they
mean go; the rest of it (descriptions, qualifiers, shells) is not carried over, as no value stands there.
Source: IDTA 01005 (package file format), IDTA 01001 (XML and JSON serialisation), OPC; threats T25, T28.
"""

import io
import lzma
import zipfile
import zlib
from collections.abc import Iterator
from typing import Any, Final
from xml.etree.ElementTree import Element, ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring

from app.core.errors import MalformedInput, TooLarge

MAGIC: Final = b"PK\x03\x04"
_MOST_FILES: Final = 2_000
_MAX_DEPTH: Final = 64
_SUFFIXES: Final = (".aas.json", ".json", ".aas.xml", ".xml")
_NO_SHELL: Final = "This is no JSON, and no Asset Administration Shell of version 3 in XML either."
_LISTS: Final = ("SubmodelElementCollection", "SubmodelElementList")
_FAULTS: Final = (
    zipfile.BadZipFile, zlib.error, lzma.LZMAError, NotImplementedError, RuntimeError, OSError, EOFError,
    ValueError,
)  # fmt: skip


def environment(data: bytes, limit: int) -> tuple[str, bytes]:
    """Name and bytes of the environment within a package, of at most `limit` bytes when unpacked.

    Raises: MalformedInput for what is no such package; TooLarge.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as packed:
            name = _name(packed)
            with packed.open(name) as file:
                found = file.read(limit + 1)
    except _FAULTS:
        raise _refused("The package cannot be unpacked.") from None
    if len(found) > limit:
        raise TooLarge(f"What is in the package has more than {limit} bytes.")
    return name, found


def _name(packed: zipfile.ZipFile) -> str:
    names = packed.namelist()
    if len(names) > _MOST_FILES:
        raise TooLarge(f"The package has more than {_MOST_FILES} files.")
    inside = [name for name in names if name.startswith("aasx/") and "/_rels/" not in name]
    for suffix in _SUFFIXES:
        found = [name for name in inside if name.lower().endswith(suffix)]
        if len(found) > 1 and suffix.startswith(".aas"):
            raise _refused(f"The package has {len(found)} shells. Send one at a time.")
        if len(found) == 1:
            return found[0]
    raise _refused("The file is a ZIP, and no package of an Asset Administration Shell (.aasx).")


def from_xml(text: bytes) -> dict[str, Any]:
    """The environment in the shape of the JSON form. Raises: MalformedInput."""
    try:
        root = fromstring(text, forbid_dtd=True)
    except (ParseError, DefusedXmlException, ValueError, LookupError):
        raise _refused(_NO_SHELL) from None
    space, _, name = root.tag.rpartition("}")
    if name not in ("environment", "aasenv") or "/aas/3/" not in space:
        raise _refused(_NO_SHELL)
    return {"submodels": [_submodel(one) for one in _under(root, "submodels")]}


def _submodel(node: Element) -> dict[str, Any]:
    return {
        "modelType": "Submodel",
        **_texts(node, "id", "idShort"),
        **_means(node),
        "submodelElements": [_element(one, 0) for one in _under(node, "submodelElements")],
    }


def _element(node: Element, depth: int) -> dict[str, Any]:
    if depth > _MAX_DEPTH:
        raise _refused(f"Elements are nested more than {_MAX_DEPTH} deep.")
    kind = _local(node)
    kind = kind[:1].upper() + kind[1:]
    found = {"modelType": kind, **_texts(node, "idShort", "contentType", "min", "max"), **_means(node)}
    value = _child(node, "value")
    if kind in _LISTS:
        found["value"] = [_element(one, depth + 1) for one in _under(node, "value")]
    elif kind == "Entity":
        found["statements"] = [_element(one, depth + 1) for one in _under(node, "statements")]
    elif kind == "MultiLanguageProperty":
        found["value"] = [_texts(one, "language", "text") for one in _under(node, "value")]
    elif value is not None:
        found["value"] = _keys(value) if len(value) else (value.text or "")
    return found


def _means(node: Element) -> dict[str, Any]:
    said = _child(node, "semanticId")
    return {} if said is None else {"semanticId": _keys(said)}


def _keys(node: Element) -> dict[str, Any]:
    return {**_texts(node, "type"), "keys": [_texts(one, "type", "value") for one in _under(node, "keys")]}


def _texts(node: Element, *names: str) -> dict[str, str]:
    found = ((name, _child(node, name)) for name in names)
    return {name: (child.text or "").strip() for name, child in found if child is not None}


def _under(node: Element, name: str) -> Iterator[Element]:
    child = _child(node, name)
    return iter(()) if child is None else iter(child)


def _child(node: Element, name: str) -> Element | None:
    return next((one for one in node if _local(one) == name), None)


def _local(node: Element) -> str:
    return str(node.tag).rpartition("}")[2]


def _refused(detail: str) -> MalformedInput:
    return MalformedInput(detail, rule="import-package")
