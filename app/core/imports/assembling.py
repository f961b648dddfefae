"""Values put together from the pieces that a document gives, and checked by the catalogue piece by piece.

What does not pass takes no more with it than it must: a wrong optional member goes alone, a wrong required
one takes its entry. Each piece that goes is told with its reason; nothing is left out silently.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final, cast

from app.core.catalogue import Attribute, ValueForm, members_of
from app.core.errors import MalformedInput
from app.core.imports.leaves import Steps
from app.core.imports.outcomes import Outcome
from app.core.schema_forms import MAX_TEXT_LENGTH
from app.core.values import check_value

_GONE: Final = ("required", "any-of", "not-empty")
_CHECKED_AT: Final = "2000-01-01T00:00:00Z"


@dataclass(slots=True)
class Piece:
    """One value in our form, and what it came from; several texts may be joined to one."""

    value: Any
    outcomes: list[Outcome]


@dataclass(slots=True)
class Node:
    """Members of an object, or entries of a list, by name in the order in which they came."""

    members: dict[str, "Node | Piece"] = field(default_factory=dict)

    def pieces(self) -> Iterator[Piece]:
        for member in self.members.values():
            if isinstance(member, Piece):
                yield member
            else:
                yield from member.pieces()


class Assembly:
    """The pieces of one attribute."""

    def __init__(self, attribute: Attribute) -> None:
        self.attribute = attribute
        self.root = Node()
        """Its one member "" is the value."""
        self.times: list[str] = []
        self.source: str | None = None
        """Who or what observed a dynamic value, where the document says so."""

    def place(self, steps: Steps, value: Any, outcome: Outcome | None, *, joined: bool = False) -> bool:
        """Put a piece in its place. False where another stands there with another value."""
        here, name = self.root, ""
        for step in steps:
            below = here.members.setdefault(name, Node())
            if isinstance(below, Piece):
                return False
            here, name = below, step
        there = here.members.get(name)
        outcomes = [outcome] if outcome is not None else []
        if there is None:
            here.members[name] = Piece(value, outcomes)
            return True
        if not isinstance(there, Piece):
            return False
        if joined and isinstance(there.value, str) and isinstance(value, str):
            if len(there.value) > MAX_TEXT_LENGTH:
                return False
            if value not in there.value.split("; "):
                there.value = f"{there.value}; {value}"
            there.outcomes.extend(outcomes)
            return True
        if there.value == value:
            there.outcomes.extend(outcomes)
            return True
        return False

    def value(self) -> Any | None:
        """The value as an intake record sends it, or None where nothing of it passed.

        Entries of a list are judged one by one first, so that many wrong ones cost no more than right ones.
        """
        top = self.root.members.get("")
        if self.attribute.is_list and isinstance(top, Node) and len(top.members) > 1:
            for name, member in list(top.members.items()):
                alone = Assembly(self.attribute)
                alone.root.members[""] = Node({name: member})
                if alone.passed() is None:
                    del top.members[name]
            if not top.members:
                return None
        return self.passed()

    def passed(self) -> Any | None:
        """The value without what does not pass, or None."""
        while (top := self.root.members.get("")) is not None:
            built = _built(self.attribute, top)
            try:
                check_value(self.attribute, built, "", observed_at=_CHECKED_AT, source="import")
            except MalformedInput as refusal:
                self._cut(refusal)
                continue
            return built
        return None

    def _cut(self, refusal: MalformedInput) -> None:
        """Take the smallest piece out that the refusal is about."""
        here, name, form, entry = self.root, "", cast("ValueForm | None", self.attribute), False
        for step in (step for step in refusal.pointer.split("/") if step):
            below = here.members[name]
            if isinstance(below, Piece) or form is None:
                break
            if form.is_list and not entry:
                key, entry = list(below.members)[int(step)], True
            else:
                key, form, entry = step, members_of(form).get(step), False
            if key not in below.members:
                break
            here, name = below, key
        found = here.members.pop(name)
        for piece in [found] if isinstance(found, Piece) else list(found.pieces()):
            for outcome in piece.outcomes:
                outcome.refuse(
                    f"Its entry is not complete. {refusal}" if refusal.rule in _GONE else str(refusal)
                )
        self._drop_empty()

    def _drop_empty(self) -> None:
        """Entries of which nothing is left."""

        def left(node: Node) -> bool:
            for name, member in list(node.members.items()):
                if isinstance(member, Node) and not left(member):
                    del node.members[name]
            return bool(node.members)

        left(self.root)


def _built(form: ValueForm, node: Node | Piece, *, entry: bool = False) -> Any:
    if isinstance(node, Piece):
        return [node.value] if form.is_list and not entry and not isinstance(node.value, list) else node.value
    if form.is_list and not entry:
        # An entry keeps the list's own form: fields that are rows of the catalogue belong to it.
        return [_built(form, member, entry=True) for member in node.members.values()]
    fields = members_of(form)
    return {
        name: _built(fields[name], member) if name in fields else _plain(member)
        for name, member in node.members.items()
    }


def _plain(node: Node | Piece) -> Any:
    if isinstance(node, Piece):
        return node.value
    return {name: _plain(member) for name, member in node.members.items()}
