"""What every view reaches for: the context, the address of the caller."""

from typing import cast

from flask import current_app, request

from app.services.context import Context


def context() -> Context:
    """The installation's parts."""
    return cast(Context, current_app.extensions["passport"])


def address() -> str:
    """Where the request comes from; a proxy's header counts only where the server trusts it (T38)."""
    return request.remote_addr or "unknown"
