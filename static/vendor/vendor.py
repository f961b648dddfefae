"""Copy third-party browser code into this folder and write MANIFEST.json with its hashes.

For maintainers, after a change of package.json:

    python static/vendor/vendor.py

It installs from package-lock.json alone (`npm ci --ignore-scripts`), in a temporary folder, and copies the
files named below: each keeps the folder shape of its package, with the version in the path, so that caching
for ever is safe. `python static/vendor/vendor.py --check` does the same and says whether anything differs.
"""

import base64
import hashlib
import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent

FILES: dict[str, tuple[str, ...]] = {
    "zxing-wasm": (
        "dist/es/reader/index.js",
        "dist/es/share.js",
        "dist/reader/zxing_reader.wasm",
        "LICENSE",
    ),
    "jsonld": ("dist/jsonld.esm.min.js", "LICENSE"),
}
"""What is served, by package. zxing-cpp (Apache-2.0, named in OWN) is compiled into the wasm file."""

INSIDE_JSONLD: tuple[tuple[str, str], ...] = (
    ("canonicalize", "LICENSE"),
    ("core-js", "LICENSE"),
    ("lru-cache", "LICENSE"),
    ("rdf-canonize", "LICENSE"),
    ("setimmediate", "LICENSE.txt"),
    ("yallist", "LICENSE"),
)
"""Packages that jsonld's build carries inside: their licence texts lie beside it."""

OWN = ("package.json", "package-lock.json", "vendor.py", "MANIFEST.json")
"""Files of this folder that are not third-party code."""

KEPT = ("zxing-wasm/3.1.4/LICENSE.zxing-cpp",)
"""Third-party texts that no npm package holds, kept by hand: (zxing-cpp's licence, from its own release)."""


def sha384(data: bytes) -> str:
    """Digest in the form of Subresource Integrity."""
    return "sha384-" + base64.b64encode(hashlib.sha384(data).digest()).decode()


def build(target: Path) -> None:
    """Put the fixed list of files, fresh from the lock, under `target`, with MANIFEST.json beside them."""
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        for name in ("package.json", "package-lock.json"):
            shutil.copy(HERE / name, work / name)
        npm = shutil.which("npm")
        if npm is None:
            sys.exit("npm is needed to make these copies again; to use them it is not")
        subprocess.run(  # noqa: S603 - a fixed command
            [npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund"], cwd=work, check=True
        )
        modules = work / "node_modules"
        packages = {name: json.loads((modules / name / "package.json").read_text()) for name in FILES}
        entries = []

        def take(package: str, source: Path, destination: str, name: str, version: str, licence: str) -> None:
            relative = f"{package}/{packages[package]['version']}/{destination}"
            path = target / relative
            path.parent.mkdir(parents=True, exist_ok=True)
            data = source.read_bytes()
            path.write_bytes(data)
            entries.append(entry(relative, data, name, version, licence))

        for package, files in FILES.items():
            about = packages[package]
            for file in files:
                take(package, modules / package / file, file, package, about["version"], about["license"])
        for name, file in INSIDE_JSONLD:
            about = json.loads((modules / name / "package.json").read_text())
            take("jsonld", modules / name / file, f"LICENSE.{name}", name, about["version"], about["license"])
        for relative in KEPT:
            data = (HERE / relative).read_bytes()
            (target / relative).write_bytes(data)
            entries.append(entry(relative, data, "zxing-cpp", "in zxing-wasm 3.1.4", "Apache-2.0"))
    entries.sort(key=lambda one: str(one["file"]))
    (target / "MANIFEST.json").write_text(json.dumps(entries, indent=1) + "\n")


def entry(relative: str, data: bytes, name: str, version: str, licence: str) -> dict[str, object]:
    """One row of MANIFEST.json."""
    return {
        "name": name,
        "version": version,
        "licence": licence,
        "file": relative,
        "bytes": len(data),
        "sha384": sha384(data),
    }


def main() -> None:
    """Make the copies again, here or (`--check`) beside, to compare."""
    if sys.argv[1:] == ["--check"]:
        with tempfile.TemporaryDirectory() as folder:
            build(Path(folder))
            if (Path(folder) / "MANIFEST.json").read_bytes() != (HERE / "MANIFEST.json").read_bytes():
                sys.exit("the copies here are not what the lock gives")
        print("the copies here are what the lock gives")
        return
    for package in FILES:
        for old in (HERE / package).glob("*"):
            if not any(kept.startswith(f"{package}/{old.name}/") for kept in KEPT):
                shutil.rmtree(old)
    build(HERE)


if __name__ == "__main__":
    main()
