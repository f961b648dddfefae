"""Sections of a passport, and the set of sections that each role reads.

A section is signed alone and shown whole or not at all. Roles are sets, not a ladder: an authority does not
read what a recycler reads. Source: Art. 77(2) of Regulation (EU) 2023/1542 with Annex XIII points 1 to 4.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources
from types import MappingProxyType
from typing import Any, Final

from app.core.vocabulary import MODEL_SECTIONS, SECTIONS, Level, Section


@dataclass(frozen=True, slots=True)
class SectionInfo:
    """What a section is, for people. `annex_point` is the point of Annex XIII, or "none"."""

    name: Section
    title: str
    about: str
    annex_point: str
    level: Level


@dataclass(frozen=True, slots=True)
class Role:
    """A kind of reader and what it may read. `basis` is the rule that says so."""

    name: str
    title: str
    basis: str
    sections: frozenset[Section]


def _read(name: str) -> Any:
    return json.loads((resources.files("app.core") / "data" / name).read_bytes())


def _section(name: Section, row: Mapping[str, str]) -> SectionInfo:
    level: Level = "model" if name in MODEL_SECTIONS else "item"
    return SectionInfo(name, row["title"], row["about"], row["annexPoint"], level)


_ABOUT: Final = _read("sections.json")

SECTION_INFO: Final[Mapping[Section, SectionInfo]] = MappingProxyType(
    {name: _section(name, _ABOUT[name]) for name in SECTIONS}
)
ROLES: Final[Mapping[str, Role]] = MappingProxyType(
    {
        name: Role(name, row["title"], row["basis"], frozenset(row["sections"]))
        for name, row in _read("roles.json").items()
    }
)

_ITEM_HEADER: Final = ("dppSchemaVersion", "granularity", "lastUpdated", "batteryPassportIdentifier")
_MODEL_HEADER: Final = ("dppSchemaVersion", "granularity", "lastUpdated")
_PUBLIC_HEADER: Final = (*_ITEM_HEADER, "contentSpecificationIds", "productIdentifier", "batterySerialNumber")


def info(section: Section) -> SectionInfo:
    return SECTION_INFO[section]


def header(section: Section) -> tuple[str, ...]:
    """Ids of the attributes that the system fills in every credential of `section` (EN 18223 header)."""
    if section == "public":
        return _PUBLIC_HEADER
    return _MODEL_HEADER if section in MODEL_SECTIONS else _ITEM_HEADER


def readable(role: str) -> frozenset[Section]:
    """Sections that `role` reads. An unknown role reads nothing."""
    found = ROLES.get(role)
    return found.sections if found else frozenset()
