"""The small plain-http page from which a phone takes the development authority's certificate.

A phone cannot trust https before it has the certificate, so this one thing is served without it, on a port of
its own: the certificate, how to install it, and its fingerprint to compare with the terminal.
"""

import os
from html import escape
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Final

from app.cli.dev_ca import Authority

PATH: Final = "/dev-ca.crt"

_PAGE: Final = """<!doctype html>
<html lang="en"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Certificate for this demo</title></head>
<body><h1>Certificate for this demo</h1>
<p>This phone needs it once, so that the demo may use its camera. It is valid for this one machine only
({host}) and is for development: remove it when you are done.</p>
<ol>
<li><a href="{path}">Download the certificate</a></li>
<li>Android: Settings, search for "CA certificate", install it from Downloads.<br>
iPhone: Settings, "Profile downloaded", install; then General, About, Certificate Trust Settings: switch it
on.</li>
<li>Compare the fingerprint (SHA-256) that the phone shows with the one in the terminal:<br>
<code>{fingerprint}</code></li>
<li><a href="{origin}/">Open the demo</a></li>
</ol></body></html>
"""


def server(authority: Authority, origin: str, host: str, port: int) -> ThreadingHTTPServer:
    """A server that is ready to run; it ends by itself when its parent process does."""
    page = _PAGE.format(
        host=escape(host), path=PATH, fingerprint=escape(authority.fingerprint), origin=escape(origin)
    ).encode()
    answers = {
        "/": ("text/html; charset=utf-8", page),
        PATH: ("application/x-x509-ca-cert", authority.ca_der),
    }

    class Handler(BaseHTTPRequestHandler):
        timeout = 10
        server_version, sys_version = "passport", ""

        def do_GET(self) -> None:
            kind, body = answers.get(self.path, ("text/plain; charset=utf-8", b"There is no such page.\n"))
            self.send_response(200 if self.path in answers else 404)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.send_header("Content-Security-Policy", "default-src 'none'")
            self.send_header("X-Content-Type-Options", "nosniff")
            self.send_header("Cache-Control", "no-store")
            self.end_headers()
            if self.command == "GET":
                self.wfile.write(body)

        do_HEAD = do_GET

        def log_message(self, format: str, *args: object) -> None:
            """Says nothing: the terminal belongs to the start's own lines."""

    class Server(ThreadingHTTPServer):
        daemon_threads = True
        parent = os.getppid()

        def service_actions(self) -> None:
            if os.getppid() != self.parent:
                raise KeyboardInterrupt

    return Server((host, port), Handler)
