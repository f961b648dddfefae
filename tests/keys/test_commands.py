"""`passport keys`: a key in a file, a token and at a service takes over by the same commands, for real."""

import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    PrivateFormat,
)

from app import config, wiring
from app.cli.main import main
from app.core import report
from app.keys import file as key_files
from app.services import intake, keys, plants, verification
from tests import factories, installation
from tests.keys import sealing as services
from tests.keys.conftest import PIN, SoftToken
from tests.keys.sealing import CREDENTIAL, Sealing


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An installation with one passport, by the real clock: the tool has no other."""
    return installation.by_the_real_clock(tmp_path_factory.mktemp("made") / "data", factories.a_lean_pack)


@pytest.fixture
def data(made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    return installation.choose(installation.copy(made, tmp_path / "data"), monkeypatch)


@pytest.fixture
def sealing() -> Iterator[Sealing]:
    with services.running() as running:
        yield running


def said(capsys: pytest.CaptureFixture[str], *words: str, code: int = 0) -> tuple[str, str]:
    """What a call prints on stdout and stderr."""
    assert main(words) == code
    found = capsys.readouterr()
    return found.out.strip(), found.err


def listed(capsys: pytest.CaptureFixture[str]) -> list[dict[str, object]]:
    found: list[dict[str, object]] = json.loads(said(capsys, "keys", "list", "--json")[0])
    return found


def issue(data: Path, serial: str) -> tuple[str, report.Report]:
    """Key and verdict of a new battery's public section, from a process that starts now."""
    ctx = wiring.build(config.load(data, dict(os.environ)))
    try:
        plant = plants.of_token(ctx, installation.TOKEN)
        for record in factories.a_further_pack(ctx.now(), serial):
            intake.accept(ctx, plant, factories.body(record))
        rows = [row for row in installation.rows(ctx.engine, "documents") if row["section"] == "public"]
        newest = max(rows, key=lambda row: str(row["created_at"]))
        verdict = verification.verify_bytes(ctx, bytes(newest["body"]))
        return str(newest["signed_by"]).partition("#")[2], verdict
    finally:
        ctx.dispose()


def take_over(data: Path, capsys: pytest.CaptureFixture[str], *options: str) -> str:
    """create, migrate (the root key is at hand), rotate. Returns the new key's name."""
    name, told = said(capsys, "keys", "create", *options)
    assert "does not sign yet" in told
    assert [key["state"] for key in listed(capsys)] == ["signs", "prepared"]
    _, refusal = said(capsys, "keys", "rotate", code=1)
    assert name in refusal
    assert "docs/keys.md" in refusal
    said(capsys, "migrate")
    assert said(capsys, "keys", "rotate")[0] == name
    return name


def require_signing(data: Path, name: str) -> None:
    signed_by, verdict = issue(data, "P0002")
    assert (signed_by, verdict.verdict) == (name, "valid")


def test_a_key_in_a_file_takes_over(data: Path, capsys: pytest.CaptureFixture[str]):
    name = take_over(data, capsys)
    assert (data / "keys" / f"{name}.pem").stat().st_mode & 0o777 == 0o600
    require_signing(data, name)
    text, told = said(capsys, "keys", "list")
    first, second = text.splitlines()
    assert "expired" in first or "signs" in first  # within the second of the rotation
    assert "current" in second
    assert "listed" in second
    assert told == ""


def test_a_key_in_a_token_takes_over_and_its_pin_is_stored_nowhere(
    data: Path, capsys: pytest.CaptureFixture[str], token: SoftToken, monkeypatch: pytest.MonkeyPatch
):
    token.module.restart(token.module.age)
    pin_file = data.parent / "pin"
    pin_file.write_text(f"{PIN}\n")
    pin_file.chmod(0o600)
    monkeypatch.setenv("PASSPORT_HSM_MODULE", str(token.library))
    monkeypatch.setenv("PASSPORT_HSM_PIN_FILE", str(pin_file))
    name = take_over(data, capsys, "--backend", "pkcs11", "--token", token.label, "--object", "ours")
    require_signing(data, name)
    assert listed(capsys)[1]["reference"] == "pkcs11:token=passport;object=ours"
    monkeypatch.setenv("PASSPORT_HSM_PIN", PIN)
    assert f"'{PIN}'" not in repr(config.load(data, dict(os.environ)))
    kept = [path.read_bytes() for path in data.rglob("*") if path.is_file()]
    assert not any(b'"' + PIN.encode() + b'"' in each or PIN.encode() + b"\n" in each for each in kept)


def test_a_pin_file_that_others_can_read_is_refused(
    data: Path, capsys: pytest.CaptureFixture[str], token: SoftToken, monkeypatch: pytest.MonkeyPatch
):
    token.module.restart(token.module.age)
    pin_file = data.parent / "pin"
    pin_file.write_text(PIN)
    pin_file.chmod(0o644)
    monkeypatch.setenv("PASSPORT_HSM_MODULE", str(token.library))
    monkeypatch.setenv("PASSPORT_HSM_PIN_FILE", str(pin_file))
    options = ("--backend", "pkcs11", "--token", token.label, "--object", "ours")
    _, refusal = said(capsys, "keys", "create", *options, code=2)
    assert "chmod 600" in refusal


def test_a_key_of_a_sealing_service_takes_over(
    data: Path, capsys: pytest.CaptureFixture[str], sealing: Sealing, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("PASSPORT_SEALING_URL", sealing.url)
    monkeypatch.setenv("PASSPORT_SEALING_TOKEN", services.TOKEN)
    name = take_over(data, capsys, "--backend", "remote", "--credential", CREDENTIAL)
    require_signing(data, name)
    assert {path for path, _, _ in sealing.asked} == {
        "/csc/v2/credentials/info",
        "/csc/v2/signatures/signHash",
    }


def test_a_service_that_is_gone_stops_issuing_and_not_the_record(
    data: Path, capsys: pytest.CaptureFixture[str], sealing: Sealing, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("PASSPORT_SEALING_URL", sealing.url)
    monkeypatch.setenv("PASSPORT_SEALING_TOKEN", services.TOKEN)
    name = take_over(data, capsys, "--backend", "remote", "--credential", CREDENTIAL)
    sealing.status = 503
    with pytest.raises(Exception, match="503"):
        issue(data, "P0002")
    text, _ = said(capsys, "list")
    assert sorted(line.split()[0] for line in text.splitlines()) == ["draft", "issued"]
    sealing.status = 200
    assert said(capsys, "recover")[0] == "1 passports issued"
    require_signing(data, name)


def test_what_a_backend_lacks_is_named(data: Path, capsys: pytest.CaptureFixture[str]):
    for words, name in (
        (("--backend", "pkcs11"), "--token"),
        (("--backend", "pkcs11", "--token", "t"), "PASSPORT_HSM_MODULE"),
        (("--backend", "remote"), "--credential"),
        (("--backend", "remote", "--credential", "c"), "PASSPORT_SEALING_URL"),
    ):
        out, refusal = said(capsys, "keys", "create", *words, code=2)
        assert name in refusal
        assert out == ""
    assert len(listed(capsys)) == 1


def test_a_revocation_asks_for_time_and_reason_and_says_what_to_do_next(
    data: Path, capsys: pytest.CaptureFixture[str]
):
    first = str(listed(capsys)[0]["name"])
    _, refusal = said(capsys, "keys", "revoke", first, "--since", "yesterday", "--reason", "stolen", code=2)
    assert "2027-01-31T12:00:00Z" in refusal
    _, refusal = said(capsys, "keys", "revoke", first, "--since", "now", "--reason", "stolen", code=1)
    assert "--stop-issuing" in refusal
    said(capsys, "keys", "create")
    said(capsys, "migrate")
    out, told = said(capsys, "keys", "revoke", first, "--since", "now", "--reason", "stolen")
    assert out.startswith(f"{first}  revoked since ")
    assert f"{first}-2 signs from now on" in told
    assert "AT ONCE" in told
    assert "6 documents" in told
    _, told = said(capsys, "keys", "list")
    assert f"{first} is revoked" in told
    said(capsys, "migrate")
    assert [key["listed"] for key in listed(capsys)] == [True, True]


def test_a_key_made_elsewhere_is_copied_in_and_one_of_a_demo_refused(
    data: Path, capsys: pytest.CaptureFixture[str], tmp_path: Path, demo_key: Callable[[], Path]
):
    _, refusal = said(capsys, "keys", "create", "--from", str(demo_key()), code=2)
    assert "development key of a demo" in refusal
    _, refusal = said(capsys, "keys", "create", "--from", str(tmp_path / "none.pem"), code=2)
    assert "missing" in refusal
    assert len(listed(capsys)) == 1


def test_a_file_that_is_no_key_or_has_a_password_is_refused_in_a_sentence(
    data: Path, capsys: pytest.CaptureFixture[str], tmp_path: Path
):
    sealed = ec.generate_private_key(ec.SECP256R1()).private_bytes(
        Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"a password")
    )
    for name, content in (("text.pem", b"no key at all"), ("sealed.pem", sealed)):
        key_files.write_secret(tmp_path / name, content)
        _, refusal = said(capsys, "keys", "create", "--from", str(tmp_path / name), code=2)
        assert refusal.strip().endswith("does not hold a private key in PEM form without a password.")
    assert len(listed(capsys)) == 1


def test_a_key_file_of_another_user_is_told_in_a_sentence(
    data: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
):
    def denied(path: Path) -> bytes:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(Path, "read_bytes", denied)
    _, refusal = said(capsys, "keys", "list", code=2)
    assert "must belong to the user that the service runs as" in refusal


@pytest.fixture
def demo_key(tmp_path: Path) -> Callable[[], Path]:
    """The seal key of a real demo directory."""

    def make() -> Path:
        settings = config.create(tmp_path / "demo", "http://localhost:8000", demo=True, environ={})
        wiring.create_data(settings)
        (path,) = settings.keys_dir.glob(wiring.SEAL_KEYS)
        return path

    return make


def test_a_demo_changes_its_key_without_further_ado(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
):
    settings = config.create(tmp_path / "demo", "http://localhost:8000", demo=True, environ={})
    wiring.create_data(settings)
    wiring.migrate(settings)
    config.finish(settings)
    monkeypatch.setenv("PASSPORT_DATA", str(settings.data_dir))
    name, told = said(capsys, "keys", "create")
    assert "`passport keys rotate` puts it into use" in told
    said(capsys, "keys", "rotate")
    ctx = wiring.build(settings)
    assert keys.signer(ctx).verification_method.endswith(name)
    ctx.dispose()
    assert [key["listed"] for key in listed(capsys)] == [True, True]
