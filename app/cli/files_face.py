"""The face of watched folders, by name: faces do not know each other."""

import importlib
from collections.abc import Callable
from pathlib import Path

from app.services.context import Context
from app.services.files import How
from app.services.plants import Plant

PAUSE_S = 1.0


def watch(
    ctx: Context,
    plant: Plant,
    place: Path,
    how: How,
    *,
    mapping: str | None = None,
    settled_s: float,
    once: bool,
    stop: Callable[[], bool],
    tell: Callable[[str], None],
) -> None:
    """Watch one folder until told to stop. `mapping` names one of the plant's, for its own columns."""
    face = importlib.import_module("app.files.folder")
    folder = face.Folder(ctx, plant, place, how, mapping=mapping, settled_s=settled_s, tell=tell)
    face.watch(folder, pause_s=PAUSE_S, stop=stop, once=once)
