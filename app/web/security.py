"""What every answer carries, errors included, and which requests are turned away at the door.

Source: T19, T28, T35, T47.
"""

from urllib.parse import urlsplit

from flask import Flask, Response, request
from werkzeug.exceptions import BadRequest, MisdirectedRequest, RequestURITooLarge, UnsupportedMediaType

from app.config import Settings

PAGE_POLICY = (
    "default-src 'none'; script-src 'self'; worker-src 'self'; style-src 'self'; img-src 'self' data: blob:; "
    "media-src 'self' blob:; connect-src 'self'; manifest-src 'self'; base-uri 'none'; object-src 'none'; "
    "frame-ancestors 'none'; form-action 'self'; require-trusted-types-for 'script'; trusted-types app-url"
)
DATA_POLICY = "default-src 'none'; base-uri 'none'; object-src 'none'; frame-ancestors 'none'"
WORKER_POLICY = (
    "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; connect-src 'self'; base-uri 'none'; "
    "object-src 'none'; frame-ancestors 'none'"
)
NO_DEVICES = "camera=(), microphone=(), geolocation=()"
SCAN_DEVICES = "camera=(self), microphone=(), geolocation=()"
MAX_URL = 2048
LOOPBACK = ("localhost", "127.0.0.1", "[::1]")


def attach(application: Flask) -> None:
    """Put the guards on an application."""
    settings: Settings = application.extensions["passport"].settings
    hosts = _hosts(settings)
    common = {
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "same-origin",
        "Cross-Origin-Opener-Policy": "same-origin",
    }
    if settings.secure:
        common["Strict-Transport-Security"] = "max-age=31536000"

    @application.before_request
    def guard() -> None:
        if request.host.lower() not in hosts and request.path != "/healthz":
            raise MisdirectedRequest(f"This server answers for {settings.origin} alone.")
        if len(request.full_path) > MAX_URL:
            raise RequestURITooLarge("This address is too long.")
        if request.headers.get("Content-Encoding"):
            raise UnsupportedMediaType("Send the body as it is, without Content-Encoding.")
        if "\0" in request.path:
            raise BadRequest("The address holds a zero byte.")

    @application.after_request
    def headers(response: Response) -> Response:
        found = response.headers
        for name, value in common.items():
            found[name] = value
        if "Content-Security-Policy" not in found:
            is_page = response.mimetype == "text/html"
            found["Content-Security-Policy"] = PAGE_POLICY if is_page else DATA_POLICY
        found["Permissions-Policy"] = SCAN_DEVICES if films(request.path) else NO_DEVICES
        found.setdefault("Cross-Origin-Resource-Policy", "same-origin")
        found.setdefault("Cache-Control", "no-store")
        return response


def films(path: str) -> bool:
    """Whether a page may use the camera: the scanner, and pages whose fields can be filled by scanning."""
    return path in ("/scan", "/genealogy") or path.startswith("/forms/")


def open_to_all(response: Response) -> Response:
    """Public read-only data: any site may read it, without credentials (T33)."""
    response.headers["Access-Control-Allow-Origin"] = "*"
    response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    return response


def _hosts(settings: Settings) -> frozenset[str]:
    """Host headers that are ours. A loopback origin is known under each loopback name."""
    parts = urlsplit(settings.origin)
    port = f":{parts.port}" if parts.port else ""
    names = (
        LOOPBACK
        if parts.hostname in ("localhost", "127.0.0.1", "::1")
        else (parts.netloc.removesuffix(port),)
    )
    return frozenset(f"{name}{port}" for name in names)
