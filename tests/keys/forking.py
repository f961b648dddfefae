"""A process that signs with a token, forks as a server does, and signs in several threads of each worker."""

import os
import sys
import threading
from pathlib import Path

from app.keys import pkcs11
from app.keys.pkcs11 import Pkcs11Signer, Token

WORKERS, THREADS, SIGNATURES = 3, 4, 25


def sign_in_threads(signer: Pkcs11Signer) -> int:
    """How many signatures did not hold."""
    bad: list[BaseException] = []

    def sign() -> None:
        try:
            for number in range(SIGNATURES):
                signer.sign_digest(number.to_bytes(32))  # checks its own result
        except BaseException as error:
            bad.append(error)
            raise

    threads = [threading.Thread(target=sign) for _ in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return len(bad)


def main(library: str, label: str, pin: str) -> int:
    token = Token(pkcs11.module(Path(library)), label, lambda: pin)
    pkcs11.find_or_create(token, "forked")
    signer = Pkcs11Signer(token, "forked", "did:web:x#forked")
    signer.sign_digest(bytes(32))
    children = []
    for _ in range(WORKERS):
        child = os.fork()
        if child == 0:
            os._exit(sign_in_threads(signer))
        children.append(child)
    codes = [os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children]
    return sum(codes) + sign_in_threads(signer)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
