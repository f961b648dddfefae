"""Root keys are changed by the old and the new together. On both databases."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from app import wiring
from app.core import trust as core
from app.core import trust_edit, trust_root
from app.core.errors import Conflict, MalformedInput, NotFound
from app.core.root_signatures import TrustListRefused
from app.keys.file import FileSigner
from app.services import trust, trust_lists, trust_roots
from app.services.context import Context
from tests.factories import a_lean_pack
from tests.installation import START, rows
from tests.line import Line
from tests.trust_ceremony import new_keys, signed
from tests.vectors import kit as k


def test_root_keys_are_changed_by_the_old_and_the_new_together(
    line: Line, ctx: Context, root_key: FileSigner, tmp_path: Path
):
    line.send_all(a_lean_pack(START))
    new = new_keys(tmp_path, "root-2", "root-3", "root-4")
    added = {name: signer.public_key for name, signer in new.items()}
    drafts = trust_roots.rotate(ctx, add=added, remove=["root-1"], threshold=2)
    assert drafts.published is None
    root = signed(drafts.root, root_key, new["root-2"], new["root-4"])
    with pytest.raises(TrustListRefused, match="together with the root"):
        trust_roots.publish(ctx, root)
    half = signed(drafts.list, new["root-3"])
    with pytest.raises(TrustListRefused, match="2 root signatures"):
        trust_roots.publish(ctx, root, half)
    assert rows(ctx.engine, "trust_roots") == []  # neither without the other
    both = signed(drafts.list, new["root-3"], new["root-2"])
    assert trust_roots.publish(ctx, root, both) == (2, 2)
    assert trust_root.threshold_of(trust.root(ctx)) == 2
    assert line.report("public").verdict == "valid"
    assert line.leaf_types()[-2:] == ["trust-root-published", "trust-list-published"]
    # a reader who pinned the first root gets there by what is served
    pinned = trust_root.read(trust.root_bytes(ctx, 1))
    reached = trust_root.walk(pinned, [trust.root_bytes(ctx, 2)])
    assert core.parse(trust.published(ctx), reached, ctx.now()).version == 2
    with pytest.raises(TrustListRefused):
        core.parse(trust.published(ctx), pinned, ctx.now())
    # the old key alone does nothing any more
    with pytest.raises(TrustListRefused):
        trust_lists.draft(ctx).signed_by(root_key, root_key.public_key)
    with pytest.raises(Conflict, match="Version 2"):
        trust_roots.publish(ctx, root, both)


@pytest.mark.parametrize("signers", [("root-1",), ("root-2",)])
def test_a_root_that_only_one_side_signed_is_refused(
    ctx: Context, root_key: FileSigner, tmp_path: Path, signers: Sequence[str]
):
    new = new_keys(tmp_path, "root-2")
    drafts = trust_roots.rotate(ctx, add={"root-2": new["root-2"].public_key}, remove=["root-1"])
    known = {"root-1": root_key, **new}
    with pytest.raises(TrustListRefused):
        trust_roots.publish(ctx, signed(drafts.root, *(known[name] for name in signers)))


def test_in_a_demo_root_keys_are_changed_at_once(ctx: Context, line: Line):
    line.send_all(a_lean_pack(START))
    path = ctx.settings.keys_dir / "trust-root-2.pem"
    added = {"root-2": wiring.make_root_key(path)}
    assert trust_roots.rotate(ctx, add=added, remove=["root-1"]).published == (2, 2)
    assert line.report("public").verdict == "valid"
    assert trust_lists.change(ctx, trust_edit.unchanged).published == 3


def test_names_and_purposes_of_root_keys_are_kept_apart(ctx: Context):
    (seal_record,) = _register(ctx)
    with pytest.raises(Conflict, match="one purpose"):
        trust_roots.rotate(ctx, add={"root-2": seal_record.public_key})
    with pytest.raises(Conflict, match="never used again"):
        trust_roots.rotate(ctx, add={"root-1": k.ROOT.public_key})
    with pytest.raises(NotFound):
        trust_roots.rotate(ctx, add={}, remove=["root-7"])
    with pytest.raises(MalformedInput):
        trust_roots.rotate(ctx, add={}, threshold=2)


def test_a_root_in_the_database_that_does_not_follow_the_pinned_one_is_not_believed(ctx: Context):
    stranger = {"root-1": k.ROOT.public_key}
    signed_part = trust_root.next_signed(ctx.trust_root, stranger, 1, ctx.now())
    with ctx.unit_of_work() as work:
        work.trust_roots.add(2, trust_root.build_signed(signed_part, [k.ROOT]), "2026-11-24T12:00:00.000000Z")
        work.commit()
    assert trust.current(ctx) is None
    with pytest.raises(TrustListRefused):
        trust.root(ctx)


def _register(ctx: Context) -> list[Any]:
    with ctx.read() as store:
        return store.keys.all()
