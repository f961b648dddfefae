"""Modules that are loaded when something of them is first asked for.

For what is heavy and seldom needed: PyLD, openpyxl, Alembic, Flask. A command that takes a file in must not
hold them all in memory (decision 0020). The name is imported for the type checker and the import contracts,
and is a `Late` when the program runs:

    if TYPE_CHECKING:
        import openpyxl
    else:
        openpyxl = Late("openpyxl")

A server calls `load_all` before its workers are forked, so that they share what they hold.
"""

import importlib
from typing import Any

_names: set[str] = set()


class Late:
    """Stands for a module. Any thread may be the first to ask: Python imports a module once."""

    def __init__(self, name: str) -> None:
        self._name = name
        _names.add(name)

    def __getattr__(self, name: str) -> Any:
        return getattr(importlib.import_module(self._name), name)


def load(name: str) -> None:
    """Load one now: before a fork, so that each child need not do it again."""
    importlib.import_module(name)


def load_all() -> None:
    """Load whatever stands for a module in the modules that are loaded."""
    for name in sorted(_names):
        load(name)
