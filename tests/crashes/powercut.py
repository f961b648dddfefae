"""A disk that forgets what nobody asked it to keep: SQLite writes through it, and its power is cut.

SQLite asks its operating system layer (VFS) to write and to sync. This one passes everything on to the layer
of the system, and before each write notes what stood there (the undo file). A sync empties the undo file:
from there on the bytes are on the disk. A cut takes a dead process's files and decides for each sector that
was written and not synced, by chance, whether the disk had kept the old or the new bytes; in one cut of three
none of the new ones, in one all, in one any of them in any order. The length of a file is old or new as well.

In Python alone, over the libsqlite3 that Python itself uses. What it does not play: files beside the
database (they keep what was written), and a disk that lies about a sync.
"""

import _sqlite3
import ctypes
import os
import random
import struct
import threading
import time
from ctypes import CFUNCTYPE, POINTER, Structure, byref, c_char_p, c_int, c_int64, c_void_p
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

SECTOR: Final = 512
SYNC_S: Final = 0.004
"""How long a sync takes, as on a disk: the time in which a cut hurts."""
UNDO: Final = ".undo"
_HEAD: Final = struct.Struct("<qqq")
"""Offset, length of the old bytes, length of the file."""
_KEPT: Final = 0x100 | 0x800 | 0x80000
"""SQLITE_OPEN_MAIN_DB, MAIN_JOURNAL, WAL: the files that must outlive a cut."""
_IOERR: Final = 10


class NotHere(Exception):
    """This Python's SQLite does not let another layer in."""


class _Vfs(Structure):
    pass


class _Methods(Structure):
    pass


class _File(Structure):
    _fields_ = (("methods", POINTER(_Methods)),)


_OPEN = CFUNCTYPE(c_int, c_void_p, c_void_p, POINTER(_File), c_int, POINTER(c_int))
"""Names go through as the addresses they came as: SQLite keeps them, and reads on behind their end."""
_DELETE = CFUNCTYPE(c_int, c_void_p, c_void_p, c_int)
_CLOSE = CFUNCTYPE(c_int, POINTER(_File))
_READ = CFUNCTYPE(c_int, POINTER(_File), c_void_p, c_int, c_int64)
_WRITE = CFUNCTYPE(c_int, POINTER(_File), c_void_p, c_int, c_int64)
_TRUNCATE = CFUNCTYPE(c_int, POINTER(_File), c_int64)
_SYNC = CFUNCTYPE(c_int, POINTER(_File), c_int)
_SIZE = CFUNCTYPE(c_int, POINTER(_File), POINTER(c_int64))
_Vfs._fields_ = (
    ("version", c_int), ("file_bytes", c_int), ("longest_path", c_int), ("next", c_void_p),
    ("name", c_char_p), ("data", c_void_p), ("open", _OPEN), ("delete", _DELETE),
    *((f"other{number}", c_void_p) for number in range(14)),
)  # fmt: skip
_Methods._fields_ = (
    ("version", c_int), ("close", _CLOSE), ("read", _READ), ("write", _WRITE), ("truncate", _TRUNCATE),
    ("sync", _SYNC), ("size", _SIZE), *((f"other{number}", c_void_p) for number in range(12)),
)  # fmt: skip


@dataclass
class _Disk:
    """What is open. Everything that C may call is kept alive here."""

    real: Any
    open_files: dict[int, tuple[Path, Any]] = field(default_factory=dict)
    """Path and the system's methods, by the address of the file."""
    patched: dict[int, Any] = field(default_factory=dict)
    undo: dict[Path, int] = field(default_factory=dict)
    alive: list[Any] = field(default_factory=list)
    lock: threading.RLock = field(default_factory=threading.RLock)

    def note(self, path: Path, record: bytes) -> None:
        if path not in self.undo:
            name = path.with_name(path.name + UNDO)
            self.undo[path] = os.open(name, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        os.write(self.undo[path], record)

    def forget(self, path: Path) -> None:
        if path in self.undo:
            os.ftruncate(self.undo[path], 0)


_disks: list[_Disk] = []


def install() -> None:
    """Have every database that this process opens from here on lie on such a disk. Raises: NotHere."""
    if _disks:
        return
    library = ctypes.CDLL(_sqlite3.__file__)
    try:
        find, register = library.sqlite3_vfs_find, library.sqlite3_vfs_register
    except AttributeError:
        raise NotHere("SQLite is built into this Python and cannot be reached") from None
    find.restype, find.argtypes = POINTER(_Vfs), (c_char_p,)
    register.restype, register.argtypes = c_int, (POINTER(_Vfs), c_int)
    real = find(None)
    disk = _Disk(real)
    ours = _Vfs.from_buffer_copy(real.contents)
    ours.name, ours.next = b"powercut", None
    ours.open, ours.delete = _OPEN(disk_open(disk)), _DELETE(disk_delete(disk))
    disk.alive.append(ours)
    _disks.append(disk)
    if register(byref(ours), 1) != 0:
        raise NotHere("SQLite does not take another layer")


def disk_open(disk: _Disk) -> Any:
    def opened(_vfs: int, name: int | None, file: Any, flags: int, out: Any) -> int:
        answer = disk.real.contents.open(ctypes.cast(disk.real, c_void_p), name, file, flags, out)
        if answer == 0 and name and flags & _KEPT and file.contents.methods:
            with disk.lock:
                methods = file.contents.methods
                where = ctypes.addressof(methods.contents)
                disk.open_files[ctypes.addressof(file.contents)] = (_path(name), methods.contents)
                if where not in disk.patched:
                    disk.patched[where] = _patched(disk, methods.contents)
                file.contents.methods = ctypes.pointer(disk.patched[where])
        return int(answer)

    return opened


def _path(name: int) -> Path:
    return Path(os.fsdecode(ctypes.string_at(name)))


def disk_delete(disk: _Disk) -> Any:
    def deleted(_vfs: int, name: int, synced: int) -> int:
        with disk.lock:
            disk.forget(_path(name))
        return int(disk.real.contents.delete(ctypes.cast(disk.real, c_void_p), name, synced))

    return deleted


def _patched(disk: _Disk, methods: Any) -> Any:
    made = _Methods.from_buffer_copy(methods)

    def of(file: Any) -> tuple[Path, Any]:
        return disk.open_files[ctypes.addressof(file.contents)]

    def size_of(file: Any, real: Any) -> int:
        size = c_int64()
        real.size(file, byref(size))
        return size.value

    def note(file: Any, offset: int, length: int) -> None:
        path, real = of(file)
        size = size_of(file, real)
        there = max(0, min(length, size - offset))
        old = ctypes.create_string_buffer(max(1, there))
        if there and real.read(file, old, there, offset) != 0:
            raise OSError("what stood there cannot be read")
        disk.note(path, _HEAD.pack(offset, there, size) + old.raw[:there])

    def write(file: Any, data: int, length: int, offset: int) -> int:
        try:
            with disk.lock:
                note(file, offset, length)
                return int(of(file)[1].write(file, data, length, offset))
        except Exception:
            return _IOERR

    def truncate(file: Any, size: int) -> int:
        try:
            with disk.lock:
                note(file, size, 1 << 40)
                return int(of(file)[1].truncate(file, size))
        except Exception:
            return _IOERR

    def sync(file: Any, _flags: int) -> int:
        time.sleep(SYNC_S)
        with disk.lock:
            disk.forget(of(file)[0])
        return 0  # the bytes need not reach a real disk: what a cut leaves is decided by the undo file

    def close(file: Any) -> int:
        with disk.lock:
            _, real = disk.open_files.pop(ctypes.addressof(file.contents))
        return int(real.close(file))

    made.close, made.write, made.truncate, made.sync = (
        _CLOSE(close), _WRITE(write), _TRUNCATE(truncate), _SYNC(sync),
    )  # fmt: skip
    disk.alive.append(made)
    return made


# --- the cut


def cut(directory: Path, chance: random.Random) -> int:
    """Play a power cut on the databases in `directory`, whose process is dead. Returns how many sectors had
    been written and not synced."""
    share = chance.choice((0.0, 0.5, 1.0))
    unsynced = 0
    for undo in sorted(directory.glob(f"*{UNDO}")):
        path = undo.with_name(undo.name.removesuffix(UNDO))
        if path.exists():
            unsynced += _cut_file(path, undo.read_bytes(), share, chance)
        undo.unlink()
    for memory in directory.glob("*-shm"):
        memory.unlink()  # shared memory of processes that are gone
    return unsynced


def _cut_file(path: Path, notes: bytes, share: float, chance: random.Random) -> int:
    new = path.read_bytes()
    old = bytearray(new)
    touched: set[int] = set()
    for offset, kept, size in reversed(list(_notes(notes))):
        end = max(len(old), size, offset + len(kept))
        touched |= set(range(offset // SECTOR, -(-max(offset + len(kept), len(old)) // SECTOR)))
        old.extend(bytes(end - len(old)))
        old[offset : offset + len(kept)] = kept
        del old[size:]
    length = len(new) if chance.random() < share else len(old)
    found = bytearray(length)
    found[: min(length, len(old))] = old[:length]
    for sector in touched:
        begin = sector * SECTOR
        if begin < length and chance.random() < share:
            piece = new[begin : begin + SECTOR][: length - begin]
            found[begin : begin + len(piece)] = piece
    path.write_bytes(bytes(found))
    return len(touched)


def _notes(notes: bytes) -> Any:
    at = 0
    while at + _HEAD.size <= len(notes):
        offset, length, size = _HEAD.unpack_from(notes, at)
        at += _HEAD.size
        if at + length > len(notes):
            return  # killed while it noted: the write had not begun
        yield offset, notes[at : at + length], size
        at += length
