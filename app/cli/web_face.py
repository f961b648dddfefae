"""The web face, by name: faces do not know each other, and a server is told its application by name."""

import importlib
from typing import Any

from flask import Flask

from app.config import Settings


def application(settings: Settings) -> Flask:
    """The WSGI application of one installation."""
    made: Flask = importlib.import_module("app.web").create_app(settings)
    return made


def openapi(origin: str) -> dict[str, Any]:
    """The description of its API, as served at /api/v1/openapi.json."""
    described: dict[str, Any] = importlib.import_module("app.web.openapi").document(origin)
    return described
