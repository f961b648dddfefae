"""A disk in a file, mounted through a loop device: what a power cut leaves is what lies in the file.

Needs root and loop devices. The file system (ext4) holds back what was not synced, up to some seconds; a copy
of the file, taken while its writers stand still, is the disk at that moment.
"""

import contextlib
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

MEGABYTES = 128
_TRIES = 50


class NotHere(Exception):
    """This machine mounts no file as a disk."""


class LoopDisk:
    """One disk, mounted at `place`."""

    def __init__(self, beside: Path) -> None:
        self.place = beside / "disk"
        self._image = beside / "disk.img"
        self._copy = beside / "copy.img"
        self._second = beside / "second.img"

    def copy(self, writer: int) -> None:
        """The disk as it is now, with its writer standing still: two copies that are equal."""
        os.kill(writer, signal.SIGSTOP)
        for _ in range(_TRIES):
            shutil.copyfile(self._image, self._copy)
            shutil.copyfile(self._image, self._second)
            if _equal(self._copy, self._second):
                return
        raise AssertionError("the disk is written to all the time")

    def come_back(self) -> None:
        """Mount what the copy holds: the power is back."""
        self.umount()
        self._copy.replace(self._image)
        self.mount()

    def make(self) -> None:
        with self._image.open("wb") as file:
            file.truncate(MEGABYTES * 1024 * 1024)
        self.place.mkdir()
        try:
            _do("mkfs.ext4", "-q", "-F", self._image)
            self.mount()
        except (OSError, subprocess.CalledProcessError) as error:
            raise NotHere(str(error)) from None

    def mount(self) -> None:
        _do("mount", "-o", "loop", self._image, self.place)

    def umount(self) -> None:
        for _ in range(_TRIES):
            if subprocess.run(["umount", self.place], capture_output=True, check=False).returncode == 0:
                return
            time.sleep(0.1)
        raise AssertionError("the disk is still in use")


@contextlib.contextmanager
def mounted(beside: Path) -> Iterator[LoopDisk]:
    """Raises: NotHere."""
    if os.getuid() != 0:
        raise NotHere("only root mounts disks")
    disk = LoopDisk(beside)
    disk.make()
    try:
        yield disk
    finally:
        disk.umount()


def _do(*words: object) -> None:
    subprocess.run([str(word) for word in words], check=True, capture_output=True)


def _equal(one: Path, other: Path) -> bool:
    with one.open("rb") as first, other.open("rb") as second:
        while True:
            a, b = first.read(1 << 20), second.read(1 << 20)
            if a != b:
                return False
            if not a:
                return True
