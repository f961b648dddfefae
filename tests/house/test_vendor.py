"""Third-party browser code is exactly what its manifest says, and nothing lies there unlisted (T44)."""

import base64
import hashlib
import json
from pathlib import Path

import pytest

VENDOR = Path(__file__).resolve().parents[2] / "static" / "vendor"
OWN = {"package.json", "package-lock.json", "vendor.py", "MANIFEST.json"}
MANIFEST: list[dict[str, object]] = json.loads((VENDOR / "MANIFEST.json").read_text())


@pytest.mark.parametrize("entry", MANIFEST, ids=lambda entry: str(entry["file"]))
def test_a_vendored_file_has_the_bytes_that_the_manifest_names(entry: dict[str, object]) -> None:
    data = (VENDOR / str(entry["file"])).read_bytes()
    digest = "sha384-" + base64.b64encode(hashlib.sha384(data).digest()).decode()
    assert (len(data), digest) == (entry["bytes"], entry["sha384"])


def test_no_file_lies_in_the_vendor_folder_unlisted() -> None:
    found = {
        str(path.relative_to(VENDOR))
        for path in VENDOR.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert found == {str(entry["file"]) for entry in MANIFEST} | OWN


def test_each_vendored_package_lies_beside_its_licence_text() -> None:
    for entry in MANIFEST:
        folder = VENDOR.joinpath(*str(entry["file"]).split("/")[:2])
        assert (folder / "LICENSE").is_file(), entry["file"]
        assert entry["licence"], entry["file"]


def test_the_version_stands_in_the_path_and_in_the_lock() -> None:
    lock = json.loads((VENDOR / "package-lock.json").read_text())["packages"]
    for entry in MANIFEST:
        package, version = str(entry["file"]).split("/")[:2]
        assert lock[f"node_modules/{package}"]["version"] == version


@pytest.mark.parametrize(
    "folder", [VENDOR, VENDOR.parents[1] / "tests" / "independent"], ids=["vendor", "independent"]
)
def test_the_lock_names_no_address_to_load_from(folder: Path) -> None:
    lock = json.loads((folder / "package-lock.json").read_text())["packages"]
    assert not [name for name, package in lock.items() if "resolved" in package]
    assert all("integrity" in package for name, package in lock.items() if name)
