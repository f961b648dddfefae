"""One gunicorn worker that serves the product and, beside it, a bare Flask application: the floor.

`python -m benchmarks.server DATA PORT`. Both run in the same process, on the same threads, so that what the
server itself costs is in both. `/bench/cpu` tells the worker's CPU time, user and system, in nanoseconds.
"""

import os
import sys
import time
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from flask import Flask, Response
from gunicorn.app.base import BaseApplication

from app import config
from app.services import reading
from app.services.context import Context
from app.web import create_app, renderings

Start = Callable[..., Any]
KEEP = "BENCHMARK_KEEP_RENDERINGS"
"""`0` in the environment: every page is rendered anew."""
PAGE = "<!doctype html><html lang=en><title>Benchmark</title><p>A page with nothing on it."


def bare(body: bytes) -> Flask:
    """Flask with two views: the public section's bytes held in memory, and an empty page for browsers."""
    application = Flask("bare", static_folder=None)

    @application.get("/bench/constant")
    def constant() -> Response:
        return Response(body, mimetype="application/vc")

    @application.get("/bench/page")
    def page() -> Response:
        return Response(PAGE, mimetype="text/html")

    return application


def dispatcher(product: Flask, floor: Flask) -> Callable[[Mapping[str, Any], Start], Iterable[bytes]]:
    """The product, with `/bench/` before it."""

    def application(environ: Mapping[str, Any], start_response: Start) -> Iterable[bytes]:
        path = environ["PATH_INFO"]
        if path == "/bench/cpu":
            told = str(time.process_time_ns()).encode()
            start_response("200 OK", [("Content-Length", str(len(told)))])
            return [told]
        chosen = floor if path.startswith("/bench/") else product
        return chosen(dict(environ), start_response)

    return application


def main(data: str, port: str) -> None:
    """Serve until stopped."""
    settings = config.load(Path(data), os.environ)
    product = create_app(settings)
    product.config[renderings.SWITCH] = os.environ.get(KEEP, "1") != "0"
    context: Context = product.extensions["passport"]
    first = next(one for one in reading.list_passports(context) if one["state"] == "issued")
    body = reading.public_bytes(context, first["passport"].removeprefix("urn:uuid:")).body
    served = dispatcher(product, bare(body))

    class Server(BaseApplication):  # type: ignore[misc]  # gunicorn has no types
        def load_config(self) -> None:
            wanted = {
                "bind": [f"127.0.0.1:{port}"], "worker_class": "gthread", "workers": 1, "threads": 2,
                "keepalive": 75, "preload_app": True, "control_socket_disable": True, "loglevel": "error",
                "post_fork": lambda _server, _worker: context.dispose(close=False),
            }  # fmt: skip
            for name, value in wanted.items():
                self.cfg.set(name, value)

        def load(self) -> Any:
            return served

    Server().run()


if __name__ == "__main__":
    main(*sys.argv[1:3])
