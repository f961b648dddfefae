"""A small process beside the server: waits until it answers, prints the start, serves the phone's page.

It is forked before the server starts, so it never shares a socket or a database handle that matters, and it
ends with its parent.
"""

import contextlib
import http.client
import os
import signal
import ssl
import sys
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

_EVERY_S: Final = 0.05
_GRACE_S: Final = 0.5


def in_child(work: Callable[[], None]) -> int:
    """Run `work` in a forked child; returns its process id. The child never comes back from here."""
    sys.stdout.flush()
    sys.stderr.flush()
    child = os.fork()
    if child:
        return child
    try:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        with contextlib.suppress(KeyboardInterrupt, BrokenPipeError):
            work()
            sys.stdout.flush()
    except Exception:  # the child ends here, and nobody else would say why
        traceback.print_exc()
    finally:
        os._exit(0)


def wait_until_up(origin: str, address: str, ca_file: Path | None) -> bool:
    """True once `/healthz` answers 200; False when the parent process is gone."""
    parts = urlsplit(origin)
    parent = os.getppid()
    while os.getppid() == parent:
        if _answers(parts.scheme, parts.netloc, address, parts.port, ca_file):
            return True
        time.sleep(_EVERY_S)
    return False


def end(child: int) -> None:
    """Stop a child of `in_child` and see it gone; it may be gone already."""
    with contextlib.suppress(ProcessLookupError, ChildProcessError):
        os.kill(child, signal.SIGTERM)
        deadline = time.monotonic() + _GRACE_S
        while os.waitpid(child, os.WNOHANG) == (0, 0):
            if time.monotonic() > deadline:
                os.kill(child, signal.SIGKILL)
                os.waitpid(child, 0)
                return
            time.sleep(0.005)


def _answers(scheme: str, host: str, address: str, port: int | None, ca_file: Path | None) -> bool:
    connection: http.client.HTTPConnection
    if scheme == "https":
        context = ssl.create_default_context(cafile=ca_file)
        connection = http.client.HTTPSConnection(address, port, timeout=5, context=context)
    else:
        connection = http.client.HTTPConnection(address, port, timeout=5)
    with contextlib.closing(connection):
        try:
            connection.request("GET", "/healthz", headers={"Host": host})
            return connection.getresponse().status == 200
        except (OSError, http.client.HTTPException):
            return False
