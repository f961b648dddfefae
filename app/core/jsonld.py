"""Guard layer over PyLD: RDF canonicalization of credentials, with limits. Only this module and
`jsonld_contexts` import PyLD.

Plain PyLD fetches contexts, drops members that no context defines, and works without end on poison graphs
(threats T20, T21, T23). Here contexts come from the product's files alone; every member must survive
expansion; and unnamed nodes are counted before canonicalization starts.

PyLD calls RDFC-1.0 by its older name, URDNA2015; for SHA-256 the two are the same algorithm.
"""

import json
import re
import threading
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

import orjson
from pyld import canon
from pyld import jsonld as pyld
from pyld.identifier_issuer import IdentifierIssuer

from app.core import contexts
from app.core.canonical import jcs
from app.core.errors import MalformedInput
from app.core.jsonld_contexts import Processor, Resolver
from app.core.plain_graph import PlainGraphs
from app.core.proof_error import DataLoss, TooComplex, UnknownContext

_SENTINEL: Final = "x-undefined:"
_VOCABULARY: Final = f"{_SENTINEL}term/"
_EXPAND_CONTEXT: Final = {"@vocab": _VOCABULARY}
_BASE: Final = f"{_SENTINEL}/base/"
"""What no context defines lands in this vocabulary, what is relative under this base: both are seen and
refused. Without a base PyLD would take one of its own, and sign it."""

_ABSOLUTE: Final = re.compile(r'[A-Za-z][A-Za-z0-9+.-]*:[^\x00-\x20<>"{}|^`\\]*')
"""An IRI that N-Quads can carry: no character that would end it early and let one text read as two graphs."""
_LANGUAGE: Final = re.compile(r"[A-Za-z]{1,8}(?:-[A-Za-z0-9]{1,8})*")
_KEYWORDS: Final = frozenset({"@value", "@language", "@type", "@id"})


@dataclass(frozen=True, slots=True)
class GraphLimits:
    """The same in the browser. A passport has few unnamed nodes, and hardly two of them look alike."""

    unnamed_nodes: int = 200
    alike: int = 4
    """Most unnamed nodes that may share a first-degree hash: the work grows with the factorial of this
    number."""
    comparisons: int = 1_000_000
    """PyLD compares each value of a node's property with all before it: the sum of the squares of their
    numbers."""


LIMITS: Final = GraphLimits()


class Canonicalizer:
    """RDFC-1.0 over a fixed set of contexts; parsed contexts are kept between calls."""

    def __init__(self, documents: Mapping[str, bytes]) -> None:
        self._documents = {url: json.loads(data) for url, data in documents.items()}
        self._options = {
            "documentLoader": self._load,
            "contextResolver": Resolver(self._load),
            "base": _BASE,
            "expandContext": _EXPAND_CONTEXT,
        }
        self._processor = Processor(self._options)
        self._plain = PlainGraphs(self._processor)
        # PyLD keeps parsed contexts in caches that two threads break: one call at a time.
        self._one_at_a_time = threading.Lock()
        # What is signed is verified at once, and proofs share their options: the last few forms are kept.
        self._kept = lru_cache(maxsize=16)(self._canonical)

    def canonicalize(self, document: Mapping[str, Any], limits: GraphLimits = LIMITS) -> bytes:
        """Canonical N-Quads of `document`, UTF-8.

        Raises: UnknownContext; DataLoss when a member would not be covered; TooComplex beyond `limits`.
        """
        try:
            return self._kept(jcs(dict(document)), limits)
        except MalformedInput as fault:
            raise DataLoss("the document holds a value that JSON has no form for") from fault

    def _canonical(self, canonical_json: bytes, limits: GraphLimits) -> bytes:
        document = orjson.loads(canonical_json)
        self._require_contexts(document.get("@context"))
        with self._one_at_a_time:
            plain = self._plain.canonical(document, limits.unnamed_nodes)
        if plain is not None:
            return plain
        return self.canonical_slowly(document, limits)

    def canonical_slowly(self, document: Mapping[str, Any], limits: GraphLimits = LIMITS) -> bytes:
        """`canonicalize` by PyLD alone: for what is not plain, and to hold the other way to it in tests."""
        expanded = self.require_no_loss(document, limits)
        return canonical_nquads(_dataset(expanded), limits)

    def require_no_loss(self, document: Mapping[str, Any], limits: GraphLimits = LIMITS) -> list[Any]:
        """The expanded form of `document`, in which nothing was dropped and nothing is relative.

        Expansion runs with an extra vocabulary: what no context defines lands in it and is seen.
        Raises: UnknownContext, DataLoss, TooComplex.
        """
        self._require_contexts(document.get("@context"))
        _require_plain([value for name, value in document.items() if name != "@context"])
        expanded = self._expand(document)
        _require_defined(expanded, limits)
        if len(expanded) != 1:
            raise DataLoss("the document holds nothing that its contexts define")
        return expanded

    def _require_contexts(self, value: Any) -> None:
        for url in value if isinstance(value, list) else [value]:
            if not isinstance(url, str) or url not in self._documents:
                raise UnknownContext("a context that is not among those this product carries")

    def _load(self, url: str, _options: Mapping[str, Any]) -> dict[str, Any]:
        if url not in self._documents:
            raise UnknownContext("a context that is not among those this product carries")
        return {
            "contentType": "application/ld+json",
            "contextUrl": None,
            "documentUrl": url,
            "document": self._documents[url],
            "tag": "static",
        }

    def _expand(self, document: Mapping[str, Any]) -> list[Any]:
        try:
            with self._one_at_a_time:
                return self._processor.expand(dict(document), dict(self._options))  # type: ignore[no-any-return]
        except pyld.JsonLdError as fault:
            # PyLD wraps what the loader and the drop hook raise
            cause: BaseException | None = fault
            while cause is not None:
                if isinstance(cause, UnknownContext | DataLoss):
                    raise cause from None
                cause = cause.__cause__
            raise DataLoss("the document is not sound JSON-LD for its contexts") from fault
        except RecursionError:
            raise TooComplex("the document is nested too deep") from None
        except (KeyError, TypeError, ValueError, AttributeError) as fault:
            # PyLD meets some unsound values unprepared
            raise DataLoss("the document is not sound JSON-LD for its contexts") from fault


class _Counting(canon.URDNA2015):  # type: ignore[misc]
    """RDFC-1.0 that counts before it works: every first-degree hash is taken before anything factorial
    starts."""

    def __init__(self, limits: GraphLimits) -> None:
        super().__init__()
        self._limits = limits
        self._hashes: dict[str, str] = {}
        self._alike: Counter[str] = Counter()

    def hash_first_degree_quads(self, id_: str) -> str:
        if len(self.blank_node_info) > self._limits.unnamed_nodes:
            raise TooComplex(f"more than {self._limits.unnamed_nodes} unnamed nodes")
        found: str = super().hash_first_degree_quads(id_)
        if id_ not in self._hashes:
            self._hashes[id_] = found
            self._alike[found] += 1
            if self._alike[found] > self._limits.alike:
                raise TooComplex(f"more than {self._limits.alike} unnamed nodes that look alike")
        return found

    def modify_first_degree_component(self, id_: str, component: dict[str, Any], _key: str) -> dict[str, Any]:
        """PyLD's own, without copying what is not changed: a tenth of the whole work."""
        if component["type"] != "blank node":
            return component
        return {**component, "value": "_:a" if component["value"] == id_ else "_:z"}


def canonical_nquads(dataset: Mapping[str, Any], limits: GraphLimits = LIMITS) -> bytes:
    """RDFC-1.0 of a PyLD dataset, whose unnamed nodes are counted first. Raises: TooComplex."""
    text: str = _Counting(limits).main(dataset, {"format": "application/n-quads"})
    return text.encode("utf-8")


def _dataset(expanded: list[Any]) -> dict[str, Any]:
    """The RDF dataset of an expanded document: PyLD's `to_rdf` without expanding a second time."""
    processor = pyld.JsonLdProcessor()
    issuer = IdentifierIssuer("_:b")
    options = {"produceGeneralizedRdf": False, "processingMode": "json-ld-1.1"}
    nodes: dict[str, Any] = {"@default": {}}
    processor._create_node_map(expanded, nodes, "@default", issuer)
    # every graph name is absolute or an unnamed node: require_no_loss has seen to it
    return {name: processor._graph_to_rdf(graph, issuer, options) for name, graph in sorted(nodes.items())}


def canonicalize(document: Mapping[str, Any], *, limits: GraphLimits = LIMITS) -> bytes:
    """Canonical N-Quads over the product's own contexts; see Canonicalizer.canonicalize."""
    return PRODUCT.canonicalize(document, limits)


def require_no_loss(document: Mapping[str, Any]) -> None:
    """Refuse a document with any member that an RDFC signature would not cover. Raises: DataLoss and
    others."""
    PRODUCT.require_no_loss(document)


def _require_plain(value: Any) -> None:
    """Refuse what expansion would drop or reinterpret without a trace: null, empty lists, most keywords."""
    waiting = [value]
    while waiting:
        one = waiting.pop()
        if one is None:
            raise DataLoss("a null is not covered by the signature; leave the member out")
        if isinstance(one, dict):
            if any(name.startswith("@") and name not in _KEYWORDS for name in one):
                raise DataLoss("a JSON-LD keyword that is not taken in credentials")
            waiting.extend(one.values())
        elif isinstance(one, list):
            if not one:
                raise DataLoss("an empty list is not covered by the signature; leave the member out")
            waiting.extend(one)


def _require_defined(expanded: Any, limits: GraphLimits) -> None:
    """Every property, type, datatype and reference of the expanded form is an absolute IRI outside the
    sentinel; and no node, gathered from all places that name it, has values beyond the limit."""
    waiting = [expanded]
    values: Counter[tuple[str | int, str]] = Counter()
    while waiting:
        one = waiting.pop()
        if isinstance(one, list):
            waiting.extend(one)
        elif isinstance(one, dict):
            if "@value" in one:
                _require_literal(one)
                continue
            node = one.get("@id", id(one))
            for name, value in one.items():
                if name in ("@id", "@type"):
                    for iri in value if isinstance(value, list) else [value]:
                        _require_absolute(iri)
                elif name not in ("@list", "@graph"):
                    _require_absolute(name)
                    waiting.append(value)
                else:
                    waiting.append(value)
                if isinstance(value, list):
                    values[node, name] += len(value)
    if sum(count * count for count in values.values()) > limits.comparisons:
        raise TooComplex("too many values of one property")


def _require_literal(literal: Mapping[str, Any]) -> None:
    datatype = literal.get("@type")
    if datatype is not None and datatype != "@json":
        _require_absolute(datatype)
    if datatype == "@json":
        return
    language = literal.get("@language")
    if language is not None and not (isinstance(language, str) and _LANGUAGE.fullmatch(language)):
        raise DataLoss("a language tag that is not well formed")
    if isinstance(literal["@value"], float) or set(literal) - {"@value", "@type", "@language"}:
        raise DataLoss("a value that the signature would not cover as it stands")


def _require_absolute(iri: Any) -> None:
    if not isinstance(iri, str) or iri.startswith(_SENTINEL) or not _ABSOLUTE.fullmatch(iri):
        raise DataLoss("a name or address that no context makes absolute")


PRODUCT: Final = Canonicalizer(contexts.DOCUMENTS)
