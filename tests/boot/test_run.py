"""`./run`, really started."""

import http.client
import os
import signal
import socket
import ssl
import stat
import subprocess
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from cryptography import x509

from tests.boot.started import ROOT, attempt, environment, free_port, running

pytestmark = pytest.mark.xdist_group("run")  # one server after the other: each takes both cores for a moment


def get(url: str, *, cafile: Path | None = None) -> tuple[int, bytes, http.client.HTTPMessage]:
    parts = urlsplit(url)
    host, port = parts.hostname or "", parts.port
    connection: http.client.HTTPConnection
    if parts.scheme == "https":
        context = ssl.create_default_context(cafile=cafile)
        connection = http.client.HTTPSConnection(host, port, timeout=30, context=context)
    else:
        connection = http.client.HTTPConnection(host, port, timeout=30)
    connection.request("GET", parts.path or "/")
    answer = connection.getresponse()
    body = answer.read()
    connection.close()
    return answer.status, body, answer.headers


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, int]:
    """A demo that was made once by `./run`, and its port."""
    directory, port = tmp_path_factory.mktemp("made") / "data", free_port()
    with running("--data", str(directory), "--port", str(port)) as server:
        assert server.interrupt() == 0
    return directory, port


def test_a_start_says_all_in_fewer_than_25_lines_and_serves_the_passport_it_shows(data):
    directory, port = data
    with running("--data", str(directory)) as server:
        assert server.banner[0] == f"Open Battery Passport runs at http://localhost:{port}"
        assert len(server.banner) <= 22  # a first start says two lines more, and stays below 25
        text = "\n".join(server.banner)
        for word in ("Ctrl-C", "deploy/README.md", "./run --lan", "Sign in at", str(directory), "--reset"):
            assert word in text
        assert "█" in text
        assert get(f"http://localhost:{port}/healthz")[0] == 200
        label = server.find("A passport to scan:")
        status, _, headers = get(label)
        assert status == 307
        assert get(f"http://localhost:{port}{urlsplit(headers['Location']).path}")[0] == 200


def test_ctrl_c_stops_every_process_without_a_word_of_alarm(data):
    directory, port = data
    with running("--data", str(directory)) as server:
        assert server.interrupt() == 0
        assert server.process.stderr is not None
        assert server.process.stderr.read() == ""
        with pytest.raises(ProcessLookupError):
            os.killpg(server.process.pid, 0)
    with socket.socket() as probe:
        assert probe.connect_ex(("127.0.0.1", port)) != 0


def test_a_polite_end_stops_it_too(data):
    with running("--data", str(data[0])) as server:
        server.process.send_signal(signal.SIGTERM)
        assert server.process.wait(60) == 0


def test_the_data_and_every_key_are_the_owners_alone(data):
    directory, _ = data
    assert mode(directory) == 0o700
    files = [path for path in directory.rglob("*") if path.is_file()]
    assert {path.name for path in files} >= {"settings.json", "passport.sqlite3"}
    keys = [path for path in (directory / "keys").rglob("*") if path.is_file()]
    assert keys
    assert all(mode(path) == 0o600 for path in keys)
    assert all(mode(path) == 0o700 for path in directory.rglob("*") if path.is_dir())


def test_a_busy_port_is_said_in_one_sentence_and_nothing_is_made(tmp_path):
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        done = attempt("--data", str(tmp_path / "data"), "--port", str(port))
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr == (f"Port {port} is in use: stop what listens there, or choose another (--port N).\n")
    assert not (tmp_path / "data").exists()


def test_two_servers_never_share_data(data):
    directory, port = data
    with running("--data", str(directory)):
        # same port: the port is busy; the data is guarded by itself (see test_installation)
        done = attempt("--data", str(directory))
    assert done.returncode == 2
    assert f"Port {port} is in use" in done.stderr


def test_data_is_not_served_under_another_address(data):
    directory, port = data
    other = free_port()
    done = attempt("--data", str(directory), "--port", str(other))
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert f"was made for http://localhost:{port}" in done.stderr
    assert "--data DIR" in done.stderr
    assert "--reset" in done.stderr


def test_a_directory_with_something_else_in_it_is_left_alone(tmp_path):
    (tmp_path / "thesis.txt").write_text("my only copy")
    for options in ([], ["--reset"]):
        done = attempt("--data", str(tmp_path), "--port", str(free_port()), *options)
        assert done.returncode == 2
        assert "holds something else" in done.stderr
        assert (tmp_path / "thesis.txt").read_text() == "my only copy"


def test_reset_makes_everything_anew(tmp_path):
    directory, port = tmp_path / "data", free_port()
    with running("--data", str(directory), "--port", str(port)) as server:
        before = server.find("A passport to scan:")
        assert server.interrupt() == 0
    keys = {path.name: path.read_bytes() for path in (directory / "keys").iterdir() if path.is_file()}
    (directory / "left over").write_text("x")
    other = free_port()
    with running("--data", str(directory), "--port", str(other), "--reset") as server:
        assert server.banner[0].endswith(f"http://localhost:{other}")
        assert server.find("A passport to scan:").split("/01/")[1] == before.split("/01/")[1]
        assert get(f"http://localhost:{other}/healthz")[0] == 200
    assert not (directory / "left over").exists()
    assert any((directory / "keys" / name).read_bytes() != old for name, old in keys.items())


def test_a_start_that_was_killed_half_way_is_mended_by_the_next(tmp_path):
    directory, port = tmp_path / "data", free_port()
    directory.mkdir(mode=0o700)
    (directory / ".unfinished").touch()
    (directory / "settings.json").write_text("{")
    (directory / "keys").mkdir()
    with running("--data", str(directory), "--port", str(port)):
        assert not (directory / ".unfinished").exists()
        assert get(f"http://localhost:{port}/healthz")[0] == 200


def test_lan_gives_a_phone_https_under_an_authority_for_this_machine_alone(tmp_path):
    directory, port = tmp_path / "data", free_port(2)
    origin = f"https://127.0.0.1:{port}"
    options = ("--lan", "127.0.0.1", "--data", str(directory), "--port", str(port))
    with running(*options, last_line="2. Open the app") as server:
        text = "\n".join(server.banner)
        assert f"http://127.0.0.1:{port + 1}/" in text
        assert server.banner[0].endswith(origin)
        # the phone's way: page, certificate, app
        page = get(f"http://127.0.0.1:{port + 1}/")
        certificate = get(f"http://127.0.0.1:{port + 1}/dev-ca.crt")
        assert page[0] == 200
        assert b"/dev-ca.crt" in page[1]
        assert certificate[2]["Content-Type"] == "application/x-x509-ca-cert"
        ca = x509.load_der_x509_certificate(certificate[1])
        constraints = ca.extensions.get_extension_for_class(x509.NameConstraints)
        assert constraints.critical
        assert get(f"http://127.0.0.1:{port + 1}/keys")[0] == 404
        assert get(f"{origin}/healthz", cafile=directory / "dev-ca" / "ca.pem")[0] == 200
        with pytest.raises(ssl.SSLCertVerificationError):
            get(f"{origin}/healthz")
        assert server.interrupt() == 0
    with running(*options, "--reset", last_line="2. Open the app") as server:
        # the phone keeps its trust over a reset
        again = get(f"http://127.0.0.1:{port + 1}/dev-ca.crt")[1]
        assert x509.load_der_x509_certificate(again) == ca


def test_a_demo_never_fills_somebodys_database(tmp_path):
    done = attempt("--data", str(tmp_path / "data"), PASSPORT_DATABASE_URL="postgresql://db/passport")
    assert done.returncode == 2
    assert "unset PASSPORT_DATABASE_URL" in done.stderr
    assert not (tmp_path / "data").exists()


def test_help_installs_nothing_and_names_every_option():
    done = attempt("--help", PASSPORT_VENV="/nowhere")
    assert done.returncode == 0
    for option in ("--port", "--data", "--reset", "--lan"):
        assert option in done.stdout


def test_the_command_line_tool_refuses_to_serve_a_demo_as_production(data):
    command = [environment()["PASSPORT_VENV"] + "/bin/python", "-P", "-m", "app.cli.main", "serve"]
    done = subprocess.run(
        [*command, "--data", str(data[0])],
        env=environment(PYTHONPATH=str(ROOT)),
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 2
    assert "development keys" in done.stderr
