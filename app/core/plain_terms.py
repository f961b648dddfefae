"""What names and references stand for in a JSON-LD context, as far as plain documents need it.

PyLD processes the contexts; each is asked about once and kept (`plain_graph` says what plain means).
Source: JSON-LD 1.1 Processing Algorithms, 5.1 (expansion), steps 3 to 11 and 13.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Protocol

XSD: Final = "http://www.w3.org/2001/XMLSchema#"
_MOST_KEPT: Final = 2_048
_ABSOLUTE: Final = re.compile(
    r"(?!_:|x-undefined:)[A-Za-z][A-Za-z0-9+.-]*:[A-Za-z0-9._~:/?#@!$&'()*+,;=%\[\]-]*"
)
"""Narrower than what the guard layer takes: an IRI of ASCII, not of its sentinel. Others go the slow way."""
_UNTYPED: Final = frozenset({"@id", "@vocab", "@json", "@none"})


class Contexts(Protocol):
    """What PyLD's processor does with contexts; all of it is asked once for each context and kept."""

    def begin(self, urls: Sequence[str]) -> Mapping[str, Any]:
        """The active context of a document with these contexts."""
        ...

    def enter(self, active: Any, local: Any, **how: bool) -> Mapping[str, Any]:
        """`active` with a scoped context applied. Raises: DataLoss where that is not allowed."""
        ...


class NotPlain(Exception):
    """Something that this module leaves to PyLD."""


@dataclass(frozen=True, slots=True)
class Term:
    """A member's name in one active context. `keyword` is @id, @type or empty for a property."""

    keyword: str
    predicate: str = ""
    form: str = ""
    """@id, @vocab or @json, where values are no literals."""
    datatype: str = ""
    container: str = ""
    scope: "Scope | None" = None
    """The active context in which values are read."""


@dataclass(slots=True)
class Scope:
    """An active context of PyLD's, with what was found out about it."""

    active: Mapping[str, Any]
    terms: dict[str, Term] = field(default_factory=dict)
    nodes: dict[tuple[str, bool], "Scope"] = field(default_factory=dict)
    typed: dict[tuple[str, ...], "Scope"] = field(default_factory=dict)


class Terms:
    """The terms of all contexts that one PyLD processor has met. Not for two threads."""

    def __init__(self, contexts: Contexts) -> None:
        self._contexts = contexts
        self._first: dict[tuple[str, ...], Scope] = {}
        self._scopes: dict[int, Scope] = {}

    def begin(self, urls: tuple[str, ...]) -> Scope:
        """The context of a document that names these, before its types are looked at."""
        found = self._first.get(urls)
        if found is None:
            found = self._first[urls] = self._scope(self._contexts.begin(urls))
        return found

    def _scope(self, active: Mapping[str, Any]) -> Scope:
        """PyLD keeps its active contexts, and so do we: one object, one scope."""
        found = self._scopes.get(id(active))
        if found is None or found.active is not active:
            if len(self._scopes) >= _MOST_KEPT or "@language" in active or "@direction" in active:
                raise NotPlain
            found = self._scopes[id(active)] = Scope(active)
        return found

    def term(self, scope: Scope, name: str) -> Term:
        """What `name` stands for in `scope`."""
        found = scope.terms.get(name)
        if found is None:
            found = scope.terms[name] = self._term(scope, name)
        return found

    def _term(self, scope: Scope, name: str) -> Term:
        entry = scope.active["mappings"].get(name)
        if not entry or entry.get("reverse"):
            raise NotPlain
        iri = entry["@id"]
        if iri in ("@id", "@type"):
            return Term(iri)
        containers = set(_listed(entry.get("@container"))) - {"@set"}
        if not _ABSOLUTE.fullmatch(iri) or not containers <= {"@list", "@language"} or len(containers) > 1:
            raise NotPlain
        if "@nest" in entry or "@index" in entry:
            raise NotPlain
        inner = scope
        if entry.get("@context") is not None:
            inner = self._scope(
                self._contexts.enter(scope.active, entry["@context"], propagate=True, override_protected=True)
            )
        # values are read in the inner context, which may say something else about the same name
        within = inner.active["mappings"].get(name)
        if not within or within.get("@language") is not None or within.get("@direction") is not None:
            raise NotPlain
        form = entry.get("@type")
        if form != within.get("@type"):
            raise NotPlain
        datatype = ""
        if form is not None and form not in _UNTYPED:
            if not _ABSOLUTE.fullmatch(form) or form == f"{XSD}double":
                raise NotPlain
            datatype = form
        return Term(
            keyword="",
            predicate=f"<{iri}>",
            form=form if form in ("@id", "@vocab", "@json") else "",
            datatype=datatype,
            container=next(iter(containers), ""),
            scope=inner,
        )

    def node_scope(self, scope: Scope, name: str, *, is_reference: bool) -> Scope:
        """The context in which an object under `name` is read, before its types are looked at."""
        found = scope.nodes.get((name, is_reference))
        if found is None:
            active = scope.active
            own = (active["mappings"].get(name) or {}).get("@context")
            if not is_reference:
                active = active.get("previousContext", active)
            if own is not None:
                active = self._contexts.enter(active, own, override_protected=True)
            found = scope.nodes[name, is_reference] = self._scope(active)
        return found

    def typed_scope(self, scope: Scope, types: Sequence[str]) -> Scope:
        """The context for the members of an object with these types."""
        key = tuple(sorted(types))
        found = scope.typed.get(key)
        if found is None:
            if len(scope.typed) >= _MOST_KEPT:
                raise NotPlain
            active = scope.active
            for name in key:
                own = (scope.active["mappings"].get(name) or {}).get("@context")
                if own is not None:
                    active = self._contexts.enter(active, own, propagate=False)
            found = scope.typed[key] = self._scope(active)
        return found


def keyword(scope: Scope, name: str) -> str:
    """@id or @type for a name that stands for it; types are looked for before their own terms are known."""
    entry = scope.active["mappings"].get(name)
    return entry["@id"] if entry and entry["@id"] in ("@id", "@type") else ""


def named(scope: Scope, text: str, *, by_vocabulary: bool = False) -> str:
    """An absolute IRI as it stands; with `by_vocabulary` also a term."""
    mappings = scope.active["mappings"]
    if by_vocabulary and text in mappings:
        iri = (mappings[text] or {}).get("@id")
        if not isinstance(iri, str) or not _ABSOLUTE.fullmatch(iri):
            raise NotPlain
        return f"<{iri}>"
    if not _ABSOLUTE.fullmatch(text):
        raise NotPlain
    prefix, _, rest = text.partition(":")
    if not rest.startswith("//") and prefix in mappings:
        raise NotPlain
    return f"<{text}>"


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [] if value is None else [value]
