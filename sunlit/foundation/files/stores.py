"""Where the bytes are: one small interface, a folder of this machine or an S3 service behind it."""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Iterator
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import BinaryIO, Protocol

from django.conf import settings

from sunlit.config import environment
from sunlit.foundation.files.s3 import S3Store

ASIDE = ".new-"
_SHA256 = re.compile(r"[0-9a-f]{64}")


class Store(Protocol):
    """Bytes by their SHA-256. To put the same twice is to put it once; what was put is durable."""

    def put(self, sha256: str, data: bytes) -> None: ...

    def open(self, sha256: str) -> BinaryIO: ...

    def has(self, sha256: str) -> bool: ...

    def remove(self, sha256: str) -> None: ...

    def older_than(self, moment: datetime) -> Iterator[str]:
        """The names of what was put before this moment, in their order."""
        ...

    def clear_away(self, moment: datetime) -> int:
        """Remove what a writer that died before this moment left half written; returns how much that was."""
        ...


class FileSystemStore:
    """`root/aa/bb/<sha256>`: written aside, flushed to disk, then renamed, so that a file is there whole or not at all."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def path(self, sha256: str) -> Path:
        assert _SHA256.fullmatch(sha256), f"not a SHA-256: {sha256!r}"
        return self.root / sha256[:2] / sha256[2:4] / sha256

    def put(self, sha256: str, data: bytes) -> None:
        goal = self.path(sha256)
        if goal.exists():
            return
        goal.parent.mkdir(parents=True, exist_ok=True)
        handle, aside = tempfile.mkstemp(dir=goal.parent, prefix=ASIDE)
        try:
            with os.fdopen(handle, "wb") as out:
                out.write(data)
                out.flush()
                os.fsync(out.fileno())
            Path(aside).replace(goal)
        except BaseException:
            Path(aside).unlink(missing_ok=True)
            raise
        _flush_folder(goal.parent)

    def open(self, sha256: str) -> BinaryIO:
        return self.path(sha256).open("rb")

    def has(self, sha256: str) -> bool:
        return self.path(sha256).is_file()

    def remove(self, sha256: str) -> None:
        self.path(sha256).unlink(missing_ok=True)

    def older_than(self, moment: datetime) -> Iterator[str]:
        for path in sorted(self.root.glob("[0-9a-f][0-9a-f]/[0-9a-f][0-9a-f]/*")):
            if _SHA256.fullmatch(path.name) and _is_older(path, moment):
                yield path.name

    def clear_away(self, moment: datetime) -> int:
        left = [path for path in self.root.glob(f"*/*/{ASIDE}*") if _is_older(path, moment)]
        for path in left:
            path.unlink(missing_ok=True)
        return len(left)


def _is_older(path: Path, moment: datetime) -> bool:
    """Never of one that is gone meanwhile."""
    try:
        return path.stat().st_mtime < moment.timestamp()
    except FileNotFoundError:
        return False


def _flush_folder(folder: Path) -> None:
    """The new name is durable only when its folder is."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def the_store() -> Store:
    """The store of this installation: SUNLIT_FILES_URL, or the folder `files` of the data folder."""
    return _store(str(environment.get("FILES_URL")), Path(settings.DATA_DIR) / "files")


@cache
def _store(url: str, root: Path) -> Store:
    return S3Store(url) if url else FileSystemStore(root)
