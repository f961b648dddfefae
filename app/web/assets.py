"""Static files, read once at the start and sent from memory with their digest; compressed where it pays.

The list of them with digests is what the service worker keeps for offline use (`/precache.json`).
"""

import base64
import gzip
import hashlib
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from flask import Flask, Response, request

from app.config import ROOT
from app.core.errors import NotFound
from app.web.readers import anyone
from app.web.security import DATA_POLICY, WORKER_POLICY

STATIC: Final = ROOT / "static"
MEDIA_TYPES: Final = {
    ".js": "text/javascript",
    ".mjs": "text/javascript",
    ".css": "text/css",
    ".wasm": "application/wasm",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".webmanifest": "application/manifest+json",
    ".json": "application/json",
    ".txt": "text/plain",
    ".woff2": "font/woff2",
}
COMPRESSED: Final = frozenset({".js", ".mjs", ".css", ".wasm", ".svg", ".webmanifest", ".json", ".txt"})
_WHOLE_LINE_COMMENTS: Final = re.compile(
    rb"^[ \t]*(?:/\*(?:(?!\*/).)*\*/[ \t]*|//[^\n]*)\n", re.MULTILINE | re.DOTALL
)
_IMMUTABLE: Final = "public, max-age=31536000, immutable"


@dataclass(frozen=True, slots=True)
class Asset:
    """One file as it is sent."""

    body: bytes
    packed: bytes | None
    digest: str
    media_type: str
    cache: str
    policy: str


def attach(application: Flask) -> None:
    """Serve `static/` at `/static/`."""
    found = {
        path.relative_to(STATIC).as_posix(): _asset(path)
        for path in sorted(STATIC.rglob("*"))
        if path.is_file() and path.suffix in MEDIA_TYPES
    }
    application.extensions["assets"] = found

    @anyone
    def static(filename: str) -> Response:
        asset = found.get(filename)
        if asset is None:
            raise NotFound("There is no such file.")
        return send(asset)

    application.add_url_rule("/static/<path:filename>", "static", static)


def send(asset: Asset) -> Response:
    """The file, packed where the caller takes it, or 304."""
    packs = asset.packed is not None and request.accept_encodings["gzip"] > 0
    etag = asset.digest + ("-gz" if packs else "")
    if request.if_none_match.contains_weak(etag):
        response = Response(status=304)
    else:
        response = Response(asset.packed if packs else asset.body, mimetype=asset.media_type)
        if packs:
            response.headers["Content-Encoding"] = "gzip"
    response.set_etag(etag)
    response.headers["Vary"] = "Accept-Encoding"
    response.headers["Cache-Control"] = asset.cache
    response.headers["Content-Security-Policy"] = asset.policy
    return response


def without_comments(script: bytes) -> bytes:
    """One of our own scripts without the comments that fill whole lines: a fourth of what a phone would load.

    A comment before code on the same line stays, and so does everything in `vendor/`.
    """
    return _WHOLE_LINE_COMMENTS.sub(b"", script)


def _asset(path: Path) -> Asset:
    inside = path.relative_to(STATIC).parts
    body = path.read_bytes()
    if inside[0] == "js":
        body = without_comments(body)
    packed = gzip.compress(body, compresslevel=6, mtime=0) if path.suffix in COMPRESSED else None
    return Asset(
        body=body,
        packed=packed if packed is not None and len(packed) < len(body) else None,
        digest=base64.urlsafe_b64encode(hashlib.sha256(body).digest()).decode().rstrip("="),
        media_type=MEDIA_TYPES[path.suffix],
        cache=_IMMUTABLE if inside[0] == "vendor" else "no-cache",
        policy=WORKER_POLICY if inside[:2] == ("js", "workers") else DATA_POLICY,
    )
