"""A token in software (SoftHSM2) and a sealing service of the tests' own."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from app.keys import pkcs11
from app.keys.pkcs11 import Module

PIN = "4711"
PLACES = (
    "/usr/lib/softhsm/libsofthsm2.so",
    "/usr/lib64/softhsm/libsofthsm2.so",
    "/usr/lib64/pkcs11/libsofthsm2.so",
    "/usr/local/lib/softhsm/libsofthsm2.so",
    "/opt/homebrew/lib/softhsm/libsofthsm2.so",
)


@dataclass(frozen=True)
class SoftToken:
    """The library, and a token `passport` in it."""

    library: Path
    module: Module
    label: str = "passport"

    def environment(self) -> dict[str, str]:
        return {"PASSPORT_HSM_MODULE": str(self.library), "PASSPORT_HSM_PIN": PIN}


@pytest.fixture(scope="session")
def token(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SoftToken]:
    """A real PKCS#11 token. A machine without SoftHSM2 says so; continuous integration does not pass then."""
    library = next((Path(place) for place in PLACES if Path(place).exists()), None)
    util = shutil.which("softhsm2-util")
    if library is None or util is None:
        reason = "not checked: keys in a token, as SoftHSM2 is not on this machine (apt install softhsm2)"
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)
    directory = tmp_path_factory.mktemp("softhsm")
    (directory / "tokens").mkdir()
    configuration = directory / "softhsm2.conf"
    configuration.write_text(f"directories.tokendir = {directory / 'tokens'}\nlog.level = ERROR\n")
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("SOFTHSM2_CONF", str(configuration))
        init = ["--init-token", "--free", "--label", "passport", "--so-pin", "12345678", "--pin", PIN]
        subprocess.run([util, *init], check=True, capture_output=True)
        yield SoftToken(library, pkcs11.module(library))
