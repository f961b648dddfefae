"""Static files as they are sent: our own scripts lose whole-line comments and nothing else."""

import gzip
import subprocess
from pathlib import Path

import playwright

from app.web.assets import STATIC, without_comments

NODE = Path(playwright.__file__).parent / "driver" / "node"
SCRIPTS = sorted((STATIC / "js").rglob("*.js"))


def test_whole_line_comments_go_and_code_stays() -> None:
    script = (
        b"/**\n * What it is.\n */\n// @ts-check\nconst a = 1; // why\n  /** @type {X} */ (b).c = '// no';\n"
    )
    assert without_comments(script) == b"const a = 1; // why\n  /** @type {X} */ (b).c = '// no';\n"


def test_every_script_is_still_a_module_after_it(tmp_path: Path) -> None:
    for number, path in enumerate(SCRIPTS):
        (tmp_path / f"{number}.mjs").write_bytes(without_comments(path.read_bytes()))
    check = 'for f in *.mjs; do "$0" --check $f || exit 1; done'
    done = subprocess.run(["sh", "-c", check, str(NODE)], cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_a_script_is_sent_packed_and_with_its_own_digest(client) -> None:
    answer = client.get("/static/js/pages/app.js", headers={"Accept-Encoding": "gzip"})
    assert answer.headers["Content-Encoding"] == "gzip"
    plain = client.get("/static/js/pages/app.js")
    assert gzip.decompress(answer.data) == plain.data
    assert answer.headers["ETag"] != plain.headers["ETag"]
    assert (
        client.get("/static/js/pages/app.js", headers={"If-None-Match": plain.headers["ETag"]}).status_code
        == 304
    )
