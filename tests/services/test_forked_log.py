"""The rehearsal of docs/runbooks/forked-log.md: two installations from one copied directory grow apart."""

import shutil
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import orjson
import pytest
from sqlalchemy import delete, update
from werkzeug.serving import make_server

from app import wiring
from app.core import checkpoint, log_proof, merkle, tiles
from app.core.access import ANYONE
from app.core.errors import Conflict, ForkedLog, MalformedInput, NotConfigured
from app.core.notes import Note
from app.services import (
    accounts,
    checkpoints,
    log_audit,
    log_closing,
    log_reading,
    reading,
    trust,
    witnessing,
)
from app.services.context import Context
from app.services.log_fetching import RemoteLog, Unreachable
from app.store.tables import log_checkpoints, log_entries, log_head
from app.web import create_app
from tests import installation
from tests.factories import a_whole_pack
from tests.installation import Clock, rows
from tests.line import Line
from tests.services.test_checkpoints import grow


@pytest.fixture
def start() -> str:
    return "issued"


@pytest.fixture(params=["sqlite"])
def database(request: pytest.FixtureRequest) -> str:
    """Directories are copied here, so the database must lie in them."""
    return str(request.param)


class Served:
    """A `RemoteLog` over our services, without a port between."""

    def __init__(self, ctx: Context) -> None:
        self._ctx = ctx
        self.url = "https://passports.example/log/1"

    def checkpoint(self) -> str:
        return log_reading.checkpoint(self._ctx, 1)

    def fetch(self, level: int, index: int, width: int) -> bytes:
        return log_reading.tile(self._ctx, 1, level, tiles.path(index, width)).body


@pytest.fixture
def witness_of(tmp_path: Path, clock: Clock, shared: Path) -> Iterator[Context]:
    """Another installation, which watches ours."""
    directory = installation.copy(installation.template(shared, "bare"), tmp_path / "witness")
    with installation.opened(directory, clock) as found:
        yield found


@contextmanager
def opened(directory: Path, clock: Clock) -> Iterator[Context]:
    with installation.opened(directory, clock) as ctx:
        yield ctx


def look(witness: Context, ctx: Context) -> witnessing.Cosigned:
    return witnessing.witness(witness, Served(ctx), str(ctx.log_keys[1].vkey))  # type: ignore[arg-type]


def test_two_copies_that_grew_apart_are_found_out_and_both_checkpoints_kept(
    ctx: Context, witness_of: Context, clock: Clock, tmp_path: Path, data_dir: Path
):
    checkpoints.make(ctx)
    assert look(witness_of, ctx).before is None
    ctx.dispose()
    shutil.copytree(data_dir, tmp_path / "copy")
    (tmp_path / "copy").chmod(0o700)
    grow(ctx, 300)
    checkpoints.make(ctx)
    cosigned = look(witness_of, ctx)
    with opened(tmp_path / "copy", clock) as copy:
        accounts.add(copy, "somebody-else", "a password of theirs", "admin")
        grow(copy, 400)
        checkpoints.make(copy)  # by itself it looks well
        assert log_audit.verify(copy).faults == []
        with pytest.raises(ForkedLog, match="forked") as caught:
            look(witness_of, copy)
        (evidence,) = (witness_of.settings.data_dir / "witness").glob("fork-*")
        assert str(evidence) in str(caught.value)
        notes = [(evidence / name).read_text() for name in ("seen-before.txt", "shown-now.txt")]
        both = [checkpoint.open_note(note, [ctx.log_keys[1].vkey]).checkpoint for note in notes]
        assert both[0].size < both[1].size  # signed by one key, and neither continues the other
        node = tiles.Reader(both[1].size, Served(copy).fetch).node
        assert merkle.root_of(both[1].size, node) == both[1].root
        assert merkle.root_of(both[0].size, node) != both[0].root
    clock.forward(seconds=60)
    assert look(witness_of, ctx).size == cosigned.size, "the honest one goes on"


def test_a_log_that_shrinks_or_shows_another_tree_of_the_same_size_is_refused(
    ctx: Context, witness_of: Context, clock: Clock, tmp_path: Path, data_dir: Path
):
    checkpoints.make(ctx)
    ctx.dispose()
    shutil.copytree(data_dir, tmp_path / "copy")
    (tmp_path / "copy").chmod(0o700)
    grow(ctx, 3)
    checkpoints.make(ctx)
    look(witness_of, ctx)
    with opened(tmp_path / "copy", clock) as copy:
        with pytest.raises(ForkedLog, match="shrunk"):
            look(witness_of, copy)
        for number in range(3):
            accounts.add(copy, f"somebody-{number}", "a password of theirs", "admin")
        checkpoints.make(copy)
        with pytest.raises(ForkedLog, match="two trees"):
            look(witness_of, copy)


def test_two_runs_at_once_cannot_put_an_older_checkpoint_in_the_place_of_a_newer_one(
    ctx: Context, witness_of: Context
):
    class Slow(Served):
        """While its tiles are fetched, another run sees more."""

        def fetch(self, level: int, index: int, width: int) -> bytes:
            if not self.refused:
                self.refused = True
                accounts.add(ctx, "one-more", "a password of theirs", "admin")
                checkpoints.make(ctx)
                with pytest.raises(Conflict, match="Another run"):
                    look(witness_of, ctx)
            return super().fetch(level, index, width)

        refused = False

    checkpoints.make(ctx)
    slow = Slow(ctx)
    witnessing.witness(witness_of, slow, str(ctx.log_keys[1].vkey))  # type: ignore[arg-type]
    assert slow.refused
    assert look(witness_of, ctx).before is not None, "the next run goes on"


def test_a_cosignature_is_taken_and_dates_what_is_below_it(ctx: Context, witness_of: Context, line: Line):
    checkpoints.make(ctx)
    found = look(witness_of, ctx)
    with pytest.raises(MalformedInput, match="No witness"):
        witnessing.take(ctx, found.note)
    assert witnessing.take(ctx, found.note, str(found.witness)) == ["passports.example/witness"]
    assert witnessing.take(ctx, found.note, str(found.witness)) == []
    grow(ctx, 5)
    checkpoints.make(ctx)
    proof = reading.log_proof(ctx, line.battery().passport_uuid, "public", ANYONE, 1)
    opened_proof = log_proof.read(proof, [str(ctx.log_keys[1].vkey)], [str(found.witness)])
    assert opened_proof.proven_at == ctx.now()
    without_the_log = f"{Note.parse(found.note).text}\n{found.note.splitlines()[-1]}\n"
    with pytest.raises(MalformedInput):
        witnessing.take(ctx, without_the_log, str(found.witness))


def test_a_tampered_database_names_its_first_bad_entry(ctx: Context):
    grow(ctx, 300)
    checkpoints.make(ctx)
    with ctx.engine.begin() as connection:
        connection.execute(update(log_entries).where(log_entries.c.log_index == 42).values(leaf=b"{}"))
        connection.execute(update(log_entries).where(log_entries.c.log_index == 99).values(leaf=b"{}"))
    fault = log_audit.verify(ctx).first()
    assert fault is not None
    assert (fault.log, fault.first, fault.last) == (1, 42, 42)


def test_after_a_restore_the_old_log_is_closed_and_the_new_one_names_it(
    ctx: Context, clock: Clock, line: Line
):
    uuid = str(line.battery().passport_uuid)
    vkeys = [str(key) for key in checkpoints.vkeys(ctx)]
    checkpoints.make(ctx)
    old_proof = reading.log_proof(ctx, uuid, "public", ANYONE, 1)
    with ctx.read() as store:
        head = store.log.head(1)
        assert head is not None
        before = int(head.size)
    for record in a_whole_pack(clock.forward(hours=1), "P0009"):
        line.send(record)
    published = checkpoints.make(ctx)
    lost = len(rows(ctx.engine, "log_entries")) - before
    assert lost > 3
    with ctx.engine.begin() as connection:  # as a backup of an hour ago has it
        connection.execute(delete(log_checkpoints).where(log_checkpoints.c.size > before))
        connection.execute(delete(log_entries).where(log_entries.c.log_index >= before + 2))
        connection.execute(update(log_head).values(size=before + 2))
    with pytest.raises(NotConfigured, match="log close"):
        checkpoints.require_not_behind(ctx)
    assert log_closing.close(ctx, "Disk lost on Tuesday; restored from Monday's backup.", published) == 2
    anew = wiring.build(ctx.settings, now=clock)
    try:
        note = checkpoints.make(anew)
        assert note is not None
        checkpoints.require_not_behind(anew)
        (key := ctx.settings.keys_dir / "log-2.pem").rename(aside := key.with_suffix(".aside"))
        keyless = wiring.build(ctx.settings, now=clock)
        with pytest.raises(NotConfigured, match="No key of log 2"):
            checkpoints.require_not_behind(keyless)
        keyless.dispose()
        aside.rename(key)
        opened_note = checkpoint.open_note(note, checkpoints.vkeys(anew)).checkpoint
        assert (opened_note.origin, opened_note.size) == ("passports.example/log/2", 3)
        first = log_reading.entries(anew, 2, "000.p/3").body
        begun = orjson.loads(tiles.parse_bundle(first)[0])
        assert begun["type"] == "log-begun"
        assert begun["earlier"]["origin"] == "passports.example/log/1"
        assert begun["earlier"]["size"] == before + 2
        assert begun["published"]["size"] == before + lost
        assert log_proof.read(old_proof, vkeys).checkpoint.origin == "passports.example/log/1"
        assert reading.log_proof(anew, uuid, "public", ANYONE, 1)
        assert log_reading.checkpoint(anew, 1)
        assert trust.renew_if_due(anew) or trust.current(anew)
        trust_list = trust.current(anew)
        assert trust_list is not None
        logs = trust_list.issuers[anew.issuer.did].logs
        assert str(anew.log_keys[2].vkey) in logs
        assert vkeys[0] in logs
    finally:
        anew.dispose()


def test_a_log_is_witnessed_over_http(ctx: Context, witness_of: Context, clock: Clock):
    grow(ctx, 300)
    application = create_app(ctx.settings, clock)
    server = make_server("127.0.0.1", 0, _any_host(application))
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        address = f"http://127.0.0.1:{server.port}/log/1"
        found = witnessing.witness(witness_of, RemoteLog(address))  # its key is on the trust list
        assert found.size > 300
        with pytest.raises(Unreachable):
            RemoteLog(f"http://127.0.0.1:{server.port}/log/7").checkpoint()
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
        application.extensions["passport"].dispose()
    with pytest.raises(NotConfigured):
        RemoteLog("file:///etc/passwd")


def _any_host(application: Callable) -> Callable:  # type: ignore[type-arg]
    """The address of the test is not the origin of the installation."""

    def call(environ, start_response):  # type: ignore[no-untyped-def]
        environ["HTTP_HOST"] = "passports.example"
        return application(environ, start_response)

    return call
