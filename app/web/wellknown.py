"""Fixed addresses: health, keys, trust, status lists, contexts, schemas, the service worker."""

import gzip
import hashlib
import json
from functools import lru_cache
from typing import Final, cast

from flask import Blueprint, Response, current_app, jsonify, render_template, request

from app.config import ROOT
from app.core import contexts, schema
from app.core.errors import NotFound
from app.core.vocabulary import CATEGORIES, CONTEXT_URL, CREDENTIALS_V2_URL, SECTIONS
from app.services import status, trust
from app.services.reading import Stored
from app.web import assets
from app.web.assets import Asset
from app.web.current import context
from app.web.documents import send
from app.web.readers import anyone
from app.web.security import open_to_all

blueprint = Blueprint("wellknown", __name__)

SHORT: Final = "public, max-age=60"
LONG: Final = "public, max-age=86400"
_CONTEXTS: Final = {"v1": CONTEXT_URL, "credentials-v2": CREDENTIALS_V2_URL}
SHELL: Final = ("/", "/scan", "/verify", "/offline", "/manifest.webmanifest")
"""Pages that stay readable offline, beside the static files and the facts below."""
NOT_OFFLINE: Final = ("icons/screenshot", "vendor/MANIFEST", "vendor/package")
"""Files of no use without a network."""
FACTS: Final = ("/trust/root.json", "/context/v1", "/context/credentials-v2")


@blueprint.get("/healthz")
@anyone
def health() -> Response:
    """200 while this process answers and its database does."""
    with context().read() as store:
        store.trust_lists.newest()
    return jsonify({"status": "up"})


@blueprint.get("/.well-known/did.json")
@anyone
def did_document() -> Response:
    """The did:web document of the economic operator."""
    response = Response(json.dumps(trust.did_document(context())), mimetype="application/did+json")
    response.headers["Cache-Control"] = SHORT
    return open_to_all(response)


@blueprint.get("/trust/root.json")
@anyone
def newest_trust_root() -> Response:
    """The newest trust root: keys that sign the trust list, to be pinned."""
    return _fact(trust.root_bytes(context()))


@blueprint.get("/trust/roots/<int:version>.json")
@anyone
def trust_root(version: int) -> Response:
    """One version of the trust root, so that who pinned an older one can follow step by step."""
    return _fact(trust.root_bytes(context(), version))


@blueprint.get("/trust/list.json")
@anyone
def trust_list() -> Response:
    """The newest signed trust list."""
    return _fact(trust.published(context()))


def _fact(body: bytes) -> Response:
    """Bytes that others check, asked for at each scan: unchanged ones are not sent again."""
    response = Response(body, mimetype="application/json")
    response.headers["Cache-Control"] = SHORT
    response.set_etag(hashlib.sha256(body).hexdigest()[:32])
    response.make_conditional(request)
    return open_to_all(response)


@blueprint.get("/status/<name>")
@anyone
def status_list(name: str) -> Response:
    """A whole status list, so that asking says nothing about one battery."""
    body, digest = status.published(context(), name)
    return open_to_all(send(Stored(body, digest), SHORT))


@blueprint.get("/context/<name>")
@anyone
def json_ld_context(name: str) -> Response:
    """A byte-identical copy of a context document."""
    if name not in _CONTEXTS:
        raise NotFound("There is no such context.")
    return _packed(contexts.DOCUMENTS[_CONTEXTS[name]], "application/ld+json")


@blueprint.get("/schema/v1/<section>-<category>.json")
@anyone
def json_schema(section: str, category: str) -> Response:
    """The JSON Schema of one section for one battery category."""
    if section not in SECTIONS or category not in CATEGORIES:
        raise NotFound("There is no such schema.")
    document = schema.schema(section, category)
    return _packed(json.dumps(document).encode(), "application/schema+json")


@blueprint.get("/sw.js")
@anyone
def service_worker() -> Response:
    """The service worker, at the top so that its scope is the site."""
    return _asset("sw.js", "no-cache")


@blueprint.get("/manifest.webmanifest")
@anyone
def manifest() -> Response:
    """What makes the site installable."""
    return _asset("manifest.webmanifest", SHORT)


@blueprint.get("/offline")
@anyone
def offline() -> str:
    """Shown when nothing else can be."""
    return render_template("offline.html")


@blueprint.get("/precache.json")
@anyone
def precache() -> Response:
    """What the service worker keeps: addresses with digests, and one version for all."""
    found = _assets()
    entries = [
        {"url": f"/static/{name}", "sha256": asset.digest}
        for name, asset in found.items()
        if name not in ("sw.js", "manifest.webmanifest") and not name.startswith(NOT_OFFLINE)
    ]
    entries += [{"url": url} for url in (*SHELL, *FACTS)]
    templates = [path.read_bytes() for path in sorted((ROOT / "templates").iterdir())]
    mark = json.dumps(entries).encode() + b"".join(templates) + context().settings.origin.encode()
    version = hashlib.sha256(mark).hexdigest()[:16]
    response = jsonify({"version": version, "urls": entries})
    response.headers["Cache-Control"] = "no-cache"
    return response


def _packed(body: bytes, media_type: str) -> Response:
    """A document that stays as it is for a day, packed where the caller takes it."""
    packs = request.accept_encodings["gzip"] > 0
    response = Response(_gzip(body) if packs else body, mimetype=media_type)
    if packs:
        response.headers["Content-Encoding"] = "gzip"
    response.headers["Vary"] = "Accept-Encoding"
    response.headers["Cache-Control"] = LONG
    return open_to_all(response)


@lru_cache(maxsize=64)
def _gzip(body: bytes) -> bytes:
    return gzip.compress(body, compresslevel=6, mtime=0)


def _assets() -> dict[str, Asset]:
    return cast(dict[str, Asset], current_app.extensions["assets"])


def _asset(name: str, cache: str) -> Response:
    asset = _assets().get(name)
    if asset is None:
        raise NotFound("There is no such file.")
    response = assets.send(asset)
    response.headers["Cache-Control"] = cache
    if name == "sw.js":
        response.headers["Service-Worker-Allowed"] = "/"
        response.headers["Content-Security-Policy"] = (
            "default-src 'none'; script-src 'self'; connect-src 'self'; base-uri 'none'; object-src 'none'; "
            "frame-ancestors 'none'"
        )
    return response
