"""Where each attribute sits in a section's subject: dotted ids nest, with no group in between.

A dotted id whose parent is a list of objects is a field of each entry and has no place of its own.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Final

from app.core.catalogue import CATALOGUE, Attribute, list_parent
from app.core.vocabulary import SECTIONS, Section


@dataclass(frozen=True, slots=True)
class Node:
    """One member of a subject. `attribute` is None for a mere group, such as `labels`."""

    id: str
    attribute: Attribute | None
    children: Mapping[str, "Node"] = field(default_factory=dict)

    def attributes(self) -> Iterator[Attribute]:
        """Rows at and below this node, in catalogue order."""
        if self.attribute is not None:
            yield self.attribute
        for child in self.children.values():
            yield from child.attributes()


def tree(attributes: Iterable[Attribute]) -> Mapping[str, Node]:
    """Top-level members for `attributes`, keyed by name, in order."""
    rows: dict[str, Attribute] = {}
    inner: dict[str, dict[str, Any]] = {}
    root: dict[str, Any] = {}
    for attribute in attributes:
        if list_parent(attribute) is not None:
            continue
        rows[attribute.id] = attribute
        here, prefix = root, ""
        for name in attribute.path:
            prefix = f"{prefix}.{name}" if prefix else name
            here = here.setdefault(name, inner.setdefault(prefix, {}))
    return _nodes(root, "", rows)


def _nodes(members: Mapping[str, Any], prefix: str, rows: Mapping[str, Attribute]) -> Mapping[str, Node]:
    found: dict[str, Node] = {}
    for name, below in members.items():
        node_id = f"{prefix}.{name}" if prefix else name
        found[name] = Node(node_id, rows.get(node_id), _nodes(below, node_id, rows))
    return MappingProxyType(found)


SUBJECT: Final[Mapping[str, Node]] = tree(a for a in CATALOGUE if a.carried == "subject")
"""All members over all sections."""


def _below(nodes: Mapping[str, Node]) -> Iterator[Node]:
    for node in nodes.values():
        yield node
        yield from _below(node.children)


NODES: Final[Mapping[str, Node]] = MappingProxyType({node.id: node for node in _below(SUBJECT)})
"""All members at every depth by dotted id, groups among them."""

SECTION_TREES: Final[Mapping[Section, Mapping[str, Node]]] = MappingProxyType(
    {
        section: tree(a for a in CATALOGUE if a.section == section and a.carried == "subject")
        for section in SECTIONS
    }
)


def nest(values: Mapping[str, Any]) -> dict[str, Any]:
    """Values by dotted id as one nested document. An object's members and its rows below come together."""
    document: dict[str, Any] = {}
    for attribute_id, value in values.items():
        *groups, name = attribute_id.split(".")
        here = document
        for group in groups:
            here = here.setdefault(group, {})
        if isinstance(value, dict) and isinstance(here.get(name), dict):
            here[name].update(value)
        else:
            here[name] = dict(value) if isinstance(value, dict) else value
    return document
