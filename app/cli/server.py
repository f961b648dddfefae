"""gunicorn, started from inside: the same server for a demo and for production."""

import gc
import logging
import os
import signal
import ssl
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

from gunicorn.app.base import BaseApplication
from werkzeug.middleware.proxy_fix import ProxyFix

from app.cli import announce, housekeeper, web_face
from app.config import Settings
from app.core import late
from app.core.errors import NotConfigured
from app.services.context import Context

_MEMORY: Final = Path("/dev/shm")  # noqa: S108  (a heartbeat file on a slow disk gets workers killed)
_FEW: Final = 4
"""Workers of a demo, at most: more would only make its start slow."""


def options(binds: list[str], *, demo: bool) -> dict[str, Any]:
    """gunicorn settings; `--config` may change any of them."""
    cores = os.cpu_count() or 1
    return {
        "bind": binds,
        "worker_class": "gthread",
        "workers": min(cores, _FEW) if demo else cores,
        "threads": 4,
        "preload_app": True,
        "control_socket_disable": True,
        "keepalive": 75,
        "timeout": 60,
        "graceful_timeout": 1 if demo else 30,
        "loglevel": "warning" if demo else "info",
        "accesslog": None,
        "forwarded_allow_ips": "",
        "proc_name": "passport",
        "worker_tmp_dir": str(_MEMORY) if os.access(_MEMORY, os.W_OK) else None,
        **({"when_ready": _stop_in_silence} if demo else {}),
    }


def tls(certificate_file: Path, key_file: Path) -> dict[str, Any]:
    """gunicorn settings for https, TLS 1.2 and 1.3 alone (T48)."""
    return {"certfile": str(certificate_file), "keyfile": str(key_file), "ssl_context": _modern_tls}


def serve(settings: Settings, wanted: Mapping[str, Any], config_file: str | None = None) -> int:
    """Build the app and serve it in this process; returns gunicorn's exit code when it was stopped."""
    overriding = _from_file(config_file) if config_file is not None else {}
    application = web_face.application(settings)
    context: Context = application.extensions["passport"]
    if settings.proxies:  # else every visitor would have nginx's address, and one limit for all
        application.wsgi_app = ProxyFix(application.wsgi_app, x_for=settings.proxies)  # type: ignore[method-assign]

    context.dispose()  # no connection is open when the workers are forked
    late.load_all()  # once for all of them
    gc.freeze()  # what is there now stays: no worker looks through it again, nor copies its pages

    def after_fork(_server: Any, _worker: Any) -> None:
        # and should one be: a connection that two processes share mixes their answers up
        context.dispose(close=False)

    def worker_ready(_worker: Any) -> None:
        # A terminal sends Ctrl-C to every process. The master passes it on; a worker that is told twice at
        # the same moment may lock itself out.
        signal.signal(signal.SIGINT, signal.SIG_IGN)

    def worker_exit(_server: Any, worker: Any) -> None:
        # Taking the interpreter down piece by piece costs half a second of a promised two.
        if worker.pid == os.getpid() and not worker.alive:
            context.dispose()
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(0)

    class Server(BaseApplication):  # type: ignore[misc]  # gunicorn has no types
        def load_config(self) -> None:
            ours = {
                "post_fork": after_fork,
                "post_worker_init": worker_ready,
                "worker_exit": worker_exit,
            }
            for name, value in {**wanted, **overriding, **ours}.items():
                if name in self.cfg.settings:
                    self.cfg.set(name, value)

        def load(self) -> Any:
            return application

    child = housekeeper.start(settings)
    try:
        Server().run()
    except SystemExit as done:
        return done.code if isinstance(done.code, int) else 0
    finally:
        announce.end(child)
    return 0


def _stop_in_silence(server: Any) -> None:
    """A worker that was not up yet misses Ctrl-C and is killed: no need to guess at its memory then."""

    def worth_saying(record: logging.LogRecord) -> bool:
        return bool(server.LISTENERS) or "was sent" not in str(record.msg)

    logging.getLogger("gunicorn.error").addFilter(worth_saying)


def _modern_tls(_config: Any, default: Callable[[], ssl.SSLContext]) -> ssl.SSLContext:
    context = default()
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context


def _from_file(path: str) -> dict[str, Any]:
    """Names of a gunicorn configuration file, which is Python."""
    if not Path(path).is_file():
        raise NotConfigured(f"There is no file {path}: --config names gunicorn settings.")
    names: dict[str, Any] = {}
    exec(compile(Path(path).read_text(encoding="utf-8"), path, "exec"), names)  # noqa: S102  (the operator's own)
    return names
