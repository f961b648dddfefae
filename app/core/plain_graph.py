"""RDF canonical form of plain documents, in a tenth of PyLD's time; whoever is not plain is left to PyLD.

A document is plain when each of its members is a term of its contexts with a value in the usual form, each
reference is an absolute IRI, nothing is null or empty, no statement stands in it twice, and no two of its
unnamed nodes look alike. That is any passport but the rarest. Everything else gets None here, never a
verdict: PyLD then decides, so that limits and findings are the same with and without this module.

Contexts are processed by PyLD alone, once; what is done here is walking the document along their terms
(JSON-LD 1.1 Expansion and Deserialization to RDF) and the part of RDFC-1.0 that has no look-alikes (4.4.3,
steps 1 to 4). Property tests hold the bytes equal to PyLD's.
"""

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from app.core.canonical import jcs
from app.core.errors import MalformedInput
from app.core.plain_terms import XSD, Contexts, NotPlain, Scope, Term, Terms, keyword, named
from app.core.proof_error import DataLoss

MOST_VALUES: Final = 1_000
"""Statements at most. Whatever they are about, PyLD's limit on comparisons is not reached with so few."""
_DEPTH: Final = 32
_LANGUAGE: Final = re.compile(r"[A-Za-z]{1,8}(?:-[A-Za-z0-9]{1,8})*")
_UNUSUAL: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")
_TO_ESCAPE: Final = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r", '"': '\\"'})
_RDF: Final = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
_TYPE, _FIRST, _REST = f"<{_RDF}type>", f"<{_RDF}first>", f"<{_RDF}rest>"
_NIL: Final = f"<{_RDF}nil>"

Node = str | int
"""A term of N-Quads as it is written; an unnamed node as its number."""
Statement = tuple[Node, str, Node]


class PlainGraphs:
    """Canonical N-Quads of plain documents over the contexts of one PyLD processor. Not for two threads."""

    def __init__(self, contexts: Contexts) -> None:
        self._terms = Terms(contexts)

    def canonical(self, document: Mapping[str, Any], unnamed_nodes: int) -> bytes | None:
        """The canonical form; None for a document that is not plain or has more than `unnamed_nodes`."""
        urls = document.get("@context")
        if not isinstance(urls, list) or len(urls) > 2 or len(document) < 2:
            return None
        try:
            first = self._terms.begin(tuple(urls))
            walk = _Walk(self._terms)
            walk.node(first, "", {name: one for name, one in document.items() if name != "@context"}, 0)
            if walk.unnamed > unnamed_nodes or len(set(walk.statements)) != len(walk.statements):
                return None
            return _canonical(walk.statements, walk.unnamed)
        except (NotPlain, DataLoss, MalformedInput):
            return None


@dataclass(slots=True)
class _Walk:
    """One document on its way to statements."""

    known: Terms
    statements: list[Statement] = field(default_factory=list)
    unnamed: int = 0

    def node(self, scope: Scope, name: str, members: Mapping[str, Any], depth: int) -> Node:
        """The statements of one object. Returns the node that it is."""
        if depth > _DEPTH or not members or len(self.statements) > MOST_VALUES:
            raise NotPlain
        known = self.known
        outer = known.node_scope(scope, name, is_reference=False)
        if len(members) == 1 and keyword(scope, next(iter(members))) == "@id":
            # a lone reference does not leave the context of its type
            outer = known.node_scope(scope, name, is_reference=True)
        types: list[str] = []
        for member, value in members.items():
            if keyword(outer, member) == "@type":
                if types:
                    raise NotPlain
                types = _texts(value)
        inner = known.typed_scope(outer, types) if types else outer
        subject = self._subject(inner, members)
        add = self.statements.append
        for one in types:
            add((subject, _TYPE, named(outer, one, by_vocabulary=True)))
        for member, value in members.items():
            term = known.term(inner, member)
            if not term.keyword:
                self._property(subject, term, member, value, depth)
            elif term.keyword == "@type" and keyword(outer, member) != "@type":
                raise NotPlain
        if depth == 0 and len(members) == 1 and not types:
            raise NotPlain  # nothing but its own name
        return subject

    def _subject(self, scope: Scope, members: Mapping[str, Any]) -> Node:
        found = [
            value for member, value in members.items() if self.known.term(scope, member).keyword == "@id"
        ]
        if not found:
            self.unnamed += 1
            return self.unnamed - 1
        if len(found) > 1 or type(found[0]) is not str:
            raise NotPlain
        return named(scope, found[0])

    def _property(self, subject: Node, term: Term, name: str, value: Any, depth: int) -> None:
        predicate, scope = term.predicate, term.scope
        if scope is None:
            raise NotPlain
        add = self.statements.append
        if term.form == "@json":
            if term.container:
                raise NotPlain
            _require_plain_json(value)
            add((subject, predicate, f'"{_escaped(jcs(value).decode())}"^^<{_RDF}JSON>'))
        elif term.container == "@language":
            if type(value) is not dict or not value:
                raise NotPlain
            for language, texts in value.items():
                if not _LANGUAGE.fullmatch(language):
                    raise NotPlain
                for text in _texts(texts):
                    add((subject, predicate, f'"{_escaped(text)}"@{language.lower()}'))
        elif term.container == "@list":
            self._list(subject, term, _texts(value))
        elif type(value) is list:
            if not value:
                raise NotPlain
            for one in value:
                add((subject, predicate, self._value(scope, term, name, one, depth)))
        else:
            add((subject, predicate, self._value(scope, term, name, value, depth)))
        if len(self.statements) > MOST_VALUES:
            raise NotPlain

    def _list(self, subject: Node, term: Term, texts: Sequence[str]) -> None:
        if term.form or term.scope is None:
            raise NotPlain
        add, here, link = self.statements.append, subject, term.predicate
        for text in texts:
            number, self.unnamed = self.unnamed, self.unnamed + 1
            add((here, link, number))
            add((number, _FIRST, _literal(term, text)))
            here, link = number, _REST
        add((here, _REST, _NIL))

    def _value(self, scope: Scope, term: Term, name: str, value: Any, depth: int) -> Node:
        kind = type(value)
        if kind is str:
            if term.form:
                return named(scope, value, by_vocabulary=term.form == "@vocab")
            return _literal(term, value)
        if kind is dict:
            return self.node(scope, name, value, depth + 1)
        if term.form or kind not in (int, bool):
            raise NotPlain
        if kind is bool:
            return f'"{"true" if value else "false"}"^^<{term.datatype or XSD + "boolean"}>'
        if not -(2**53) < value < 2**53:
            raise NotPlain
        return _typed(str(value), term.datatype or f"{XSD}integer")


def _canonical(statements: Sequence[Statement], unnamed: int) -> bytes | None:
    """RDFC-1.0 where every unnamed node has a first-degree hash of its own; else None."""
    about: list[list[str]] = [[] for _ in range(unnamed)]
    for subject, predicate, found in statements:
        if type(subject) is int:
            if type(found) is int:
                about[subject].append(f"_:a {predicate} _:z .\n")
                about[found].append(f"_:z {predicate} _:a .\n")
            else:
                about[subject].append(f"_:a {predicate} {found} .\n")
        elif type(found) is int:
            about[found].append(f"{subject} {predicate} _:a .\n")
    hashes = [hashlib.sha256("".join(sorted(lines)).encode()).hexdigest() for lines in about]
    ranked = {one: f"_:c14n{rank}" for rank, one in enumerate(sorted(set(hashes)))}
    if len(ranked) != unnamed:
        return None
    names = [ranked[one] for one in hashes]
    lines = [
        f"{subject if type(subject) is str else names[subject]} {predicate} "  # type: ignore[index]
        f"{found if type(found) is str else names[found]} .\n"  # type: ignore[index]
        for subject, predicate, found in statements
    ]
    return "".join(sorted(lines)).encode()


def _literal(term: Term, text: str) -> str:
    return _typed(_escaped(text), term.datatype)


def _typed(text: str, datatype: str) -> str:
    return f'"{text}"^^<{datatype}>' if datatype and datatype != f"{XSD}string" else f'"{text}"'


def _escaped(text: str) -> str:
    if text.isprintable() and '"' not in text and "\\" not in text:
        return text
    if _UNUSUAL.search(text):
        raise NotPlain
    return text.translate(_TO_ESCAPE)


def _texts(value: Any) -> list[str]:
    found = value if type(value) is list else [value]
    if not found or any(type(one) is not str for one in found):
        raise NotPlain
    return found


def _require_plain_json(value: Any) -> None:
    """No null, no empty list, no number with a fraction, no keyword: the guard layer has words for those."""
    waiting = [value]
    while waiting:
        one = waiting.pop()
        kind = type(one)
        if kind is dict:
            if any(name.startswith("@") for name in one):
                raise NotPlain
            waiting.extend(one.values())
        elif kind is list:
            if not one:
                raise NotPlain
            waiting.extend(one)
        elif kind not in (str, int, bool):
            raise NotPlain
