"""Places in a JSON document (RFC 6901)."""

from collections.abc import Iterable


def pointer_to(steps: Iterable[str | int]) -> str:
    """The pointer that leads along these names and numbers; empty for the whole document."""
    return "".join(f"/{token(step)}" for step in steps)


def token(step: str | int) -> str:
    """One step as it stands in a pointer."""
    return str(step).replace("~", "~0").replace("/", "~1")
