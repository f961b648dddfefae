"""A server process that a test kills: the real application over HTTP, its clock at the tests' noon."""

from datetime import datetime
from multiprocessing.connection import Connection
from pathlib import Path

from werkzeug.serving import WSGIRequestHandler, make_server

from app.services import resigning
from app.web import create_app
from tests import installation


class _Silent(WSGIRequestHandler):
    def log(self, *_: object) -> None:
        """Nobody reads it."""


def serve(directory: Path, database_url: str | None, tell: Connection) -> None:
    """Start, finish what the last one left behind, tell the port, and serve until killed."""
    application = create_app(installation.load(directory, database_url), now=installation.Clock())
    server = make_server("127.0.0.1", 0, application, threaded=True, request_handler=_Silent)
    tell.send(server.server_port)
    server.serve_forever()


def resign(directory: Path, database_url: str | None, now: datetime, tell: Connection) -> None:
    """Sign anew what a revoked key signed, one document at a time, until killed; tell of each."""
    resigning.PAGE = 1
    with installation.opened(directory, installation.Clock(now), database_url) as ctx:
        resigning.resign(ctx, told=lambda done, _total: tell.send(done), processes=0)
        tell.send("nothing left")
