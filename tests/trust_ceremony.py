"""What people do with root keys, for tests: on another machine, with files alone."""

from pathlib import Path

from app import wiring
from app.core import trust_draft
from app.core.trust_draft import Draft
from app.keys.file import FileSigner


def new_keys(tmp_path: Path, *names: str) -> dict[str, FileSigner]:
    for name in names:
        wiring.make_root_key(tmp_path / f"{name}.pem")
    return {name: FileSigner(tmp_path / f"{name}.pem", name) for name in names}


def signed(draft: Draft, *signers: FileSigner) -> bytes:
    """As on another machine: nothing but the file goes there and comes back."""
    for signer in signers:
        draft = trust_draft.read(draft.to_bytes()).signed_by(signer, signer.public_key)
    return draft.to_bytes()
