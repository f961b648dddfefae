"""Every single value of a document with its place, so that each can be accounted for."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from app.core.json_pointer import pointer_to

Steps = tuple[str, ...]
"""Member names and list indexes, from the root of a part."""


@dataclass(frozen=True, slots=True)
class Leaf:
    """One value: `steps` within its part, `pointer` (RFC 6901) in the document as it was sent."""

    steps: Steps
    pointer: str
    value: Any


@dataclass(frozen=True, slots=True)
class Part:
    """A piece of a document that a table speaks of: an aspect, a submodel, or all of it.

    `pointers` names the place in the document of what was moved while it was brought into plain form.
    """

    name: str
    tree: Any
    base: str = ""
    pointers: Mapping[Steps, str] | None = None

    def leaves(self) -> Iterator[Leaf]:
        """Values in document order. An empty object or list is a value too."""
        for steps, value in walk(self.tree):
            pointer = self.pointers.get(steps) if self.pointers is not None else None
            yield Leaf(steps, self.base + pointer_to(steps) if pointer is None else pointer, value)


def walk(tree: Any, steps: Steps = ()) -> Iterator[tuple[Steps, Any]]:
    """Paths and scalars (or empty containers) of a JSON value."""
    if isinstance(tree, dict) and tree:
        for name, value in tree.items():
            yield from walk(value, (*steps, name))
    elif isinstance(tree, list) and tree:
        for index, value in enumerate(tree):
            yield from walk(value, (*steps, str(index)))
    else:
        yield steps, tree
