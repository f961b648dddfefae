"""How PyLD comes to its contexts: from the product's files alone, each worked out once and kept.

Source: JSON-LD 1.1 Processing Algorithms, 4.1 (context processing); threats T20, T21.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, NoReturn

from pyld import jsonld as pyld
from pyld.context_resolver import ContextResolver

from app.core.proof_error import DataLoss

_MOST_KEPT: Final = 4_096


class Resolver(ContextResolver):  # type: ignore[misc]
    """Keeps contexts inside contexts by their identity; PyLD would serialize each of them at each use.

    Only parts of the product's own files can come here: documents with inline contexts are refused before.
    """

    def __init__(self, load: Callable[[str, Mapping[str, Any]], dict[str, Any]]) -> None:
        super().__init__({}, load)
        self._kept: dict[int, tuple[Any, list[Any]]] = {}

    def resolve(self, active_ctx: Any, context: Any, base: Any, cycles: Any = None) -> list[Any]:
        if not isinstance(context, dict):
            return super().resolve(active_ctx, context, base, cycles)  # type: ignore[no-any-return]
        known = self._kept.get(id(context))
        if known is not None and known[0] is context:
            return known[1]
        found: list[Any] = super().resolve(active_ctx, context, base, cycles)
        if len(self._kept) < _MOST_KEPT:
            self._kept[id(context)] = (context, found)
        return found


class Processor(pyld.JsonLdProcessor):  # type: ignore[misc]
    """Keeps what a context inside a context makes of the one around it, by the identity of both; PyLD would
    define the terms of a type anew for each document. Active contexts are never changed, only cloned."""

    def __init__(self, options: Mapping[str, Any]) -> None:
        """`options` are those of every expansion, `expandContext` and the loader among them."""
        super().__init__(on_property_dropped=_refuse_dropped)
        self._ours = {**options, "processingMode": "json-ld-1.1", "isFrame": False}
        self._kept: dict[tuple[Any, ...], tuple[Any, Any, Any]] = {}

    def _process_context(self, active_ctx: Any, local_ctx: Any, options: Any, **named: Any) -> Any:
        if not isinstance(local_ctx, dict) or "cycles" in named:
            return super()._process_context(active_ctx, local_ctx, options, **named)
        key = (id(active_ctx), id(local_ctx), tuple(sorted(named.items())))
        known = self._kept.get(key)
        if known is not None and known[0] is active_ctx and known[1] is local_ctx:
            return known[2]
        made = super()._process_context(active_ctx, local_ctx, options, **named)
        if len(self._kept) < _MOST_KEPT:
            self._kept[key] = (active_ctx, local_ctx, made)
        return made

    def begin(self, urls: Sequence[str]) -> Mapping[str, Any]:
        """The active context of a document with these contexts, which the caller keeps."""
        options = dict(self._ours)
        initial = self.process_context(
            self._get_initial_context(options), options.pop("expandContext"), options
        )
        return super()._process_context(initial, list(urls), options)  # type: ignore[no-any-return]

    def enter(self, active: Any, local: Any, **how: bool) -> Mapping[str, Any]:
        """`active` with a scoped context applied. Raises: DataLoss where that is not allowed."""
        try:
            return self._process_context(active, local, dict(self._ours), **how)  # type: ignore[no-any-return]
        except pyld.JsonLdError as fault:
            raise DataLoss("the document is not sound JSON-LD for its contexts") from fault


def _refuse_dropped(name: Any) -> NoReturn:
    raise DataLoss("the document has a member that no context defines")
