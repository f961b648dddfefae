"""The real application over an installation with one issued battery, and clients that check every answer."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from app.config import Settings
from app.services.context import Context
from app.web import create_app
from app.web.readers import COOKIE
from tests import factories, installation
from tests.installation import ORIGIN, TOKEN, Clock
from tests.line import Line
from tests.web import page_rules


class Client(FlaskClient):
    """A browser or machine without rights; each of its answers is held against the rules of the site."""

    is_anonymous = True

    def open(self, *args: Any, **kwargs: Any) -> TestResponse:
        kwargs.setdefault("base_url", ORIGIN)
        response = super().open(*args, **kwargs)
        path = str(args[0]) if args else str(kwargs.get("path", ""))
        page_rules.require(response, path)
        if self.is_anonymous:
            assert "Set-Cookie" not in response.headers, f"{path}: a cookie for somebody unknown"
        return response


class SignedInClient(Client):
    """The same with a session."""

    is_anonymous = False


@pytest.fixture
def start() -> str:
    return "issued"


@pytest.fixture
def app(settings: Settings, clock: Clock) -> Iterator[Flask]:
    """The application of this test's installation."""
    application = create_app(settings, now=clock)
    application.test_client_class = Client
    yield application
    application.extensions["passport"].dispose()


@pytest.fixture
def ctx(app: Flask) -> Context:
    """The application's own parts."""
    found: Context = app.extensions["passport"]
    return found


@pytest.fixture
def client(app: Flask) -> Client:
    """Anybody."""
    return Client(app, TestResponse)


@pytest.fixture
def client_of(app: Flask, shared: Path) -> Callable[[str], Client]:
    """A client that is signed in with a role; `public` is anybody."""
    tokens = installation.session_tokens(shared)

    def made(role: str) -> Client:
        if role == "public":
            return Client(app, TestResponse)
        found = SignedInClient(app, TestResponse)
        found.set_cookie(COOKIE, tokens[role], domain="passports.example", secure=True, path="/")
        return found

    return made


@pytest.fixture
def uuid(line: Line) -> str:
    """The passport of the battery that every test finds."""
    return str(line.battery().passport_uuid)


@pytest.fixture
def send(client: Client) -> Callable[..., TestResponse]:
    """Send bytes or a record to the intake as a plant does."""

    def sent(body: bytes | dict[str, Any], token: str = TOKEN, **headers: str) -> TestResponse:
        data = body if isinstance(body, bytes) else factories.body(body)
        given = {
            "Content-Type": "application/json",
            "Authorization": f"Bearer {token}",
            **{name.replace("_", "-"): value for name, value in headers.items()},
        }
        return client.post("/api/v1/intake/records", data=data, headers=given)

    return sent
