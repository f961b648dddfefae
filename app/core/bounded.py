"""Values that were worked out before, kept while there is room. Nothing is lost when one is gone."""

from collections.abc import Hashable
from typing import Generic, TypeVar

Key = TypeVar("Key", bound=Hashable)
Value = TypeVar("Value")


class Bounded(Generic[Key, Value]):
    """Forgets first what was kept first. Two threads at once may work the same out twice."""

    def __init__(self, most_bytes: int) -> None:
        self.most_bytes = most_bytes
        self._kept: dict[Key, tuple[Value, float]] = {}
        self._bytes = 0.0

    def __len__(self) -> int:
        return len(self._kept)

    def get(self, key: Key) -> Value | None:
        """The value, where it is kept."""
        found = self._kept.get(key)
        return None if found is None else found[0]

    def put(self, key: Key, value: Value, size: float) -> None:
        """Keep a value of about `size` bytes, unless it would take more than half of the room."""
        if size > self.most_bytes // 2:
            return
        old = self._kept.pop(key, None)
        self._bytes += size - (old[1] if old else 0)
        self._kept[key] = (value, size)
        while self._bytes > self.most_bytes:
            first = next(iter(self._kept), None)
            gone = self._kept.pop(first, None) if first is not None else None
            if gone is None:
                return  # another thread is at it
            self._bytes -= gone[1]
