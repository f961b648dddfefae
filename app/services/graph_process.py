"""The process in which graphs are canonicalized for a server: one document in, its canonical form out (T23).

It holds no key, no database and no socket. It ends by itself when nobody asks for a while, when the other
side is gone, and when one document takes longer than any may, so that it never outlives its use.

In frames (`graph_frames`). In: a document as JSON. Out: `=` and N-Quads, or
`!` and `{"name", "detail"}` of the finding. The first frame out is empty: the process is ready.
"""

import os
import resource
import select
import signal
import sys
from typing import Final

import orjson

from app.core import jsonld
from app.core.proof_error import ProofError
from app.services.graph_frames import receive, send

IDLE_S: Final = 60
LONGEST_S: Final = 30
"""The parent is far less patient; this is for one that was killed."""
MEMORY_BYTES: Final = 1 << 30
_NICE: Final = 5


def main() -> None:
    """Serve standard input and output until nobody asks any more."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # a terminal tells every process; the parent decides
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    os.nice(_NICE)
    incoming, outgoing = sys.stdin.buffer, sys.stdout.buffer
    send(outgoing, b"")
    while select.select([incoming], [], [], IDLE_S)[0]:
        request = receive(incoming)
        if request is None:
            return
        signal.alarm(LONGEST_S)
        send(outgoing, answer(request))
        signal.alarm(0)


def answer(request: bytes) -> bytes:
    """The canonical form of one document, or the finding."""
    try:
        return b"=" + jsonld.canonicalize(orjson.loads(request))
    except ProofError as fault:
        return b"!" + orjson.dumps({"name": fault.name, "detail": str(fault)})
