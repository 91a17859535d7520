"""The generations of an index on disk: one is current, a new one is built beside it and takes its place at once.

* path/CURRENT           {"generation": "000002", "format": "…"}: replaced atomically
* path/WRITER.lock       held by the one writer of the current generation; released by the system when it dies
* path/BUILDER.lock      held by the one who builds a new generation beside it
* path/STEADY.lock       held for the moment of a swap, and by a follower from reading the cursor until its commit
* path/000002/           the engine's files, and the user words its texts were cut with
"""

from __future__ import annotations

import fcntl
import json
import os
import shutil
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

KEPT = 2
"""Generations kept: the current one, and the one before it, which a reader may be about to open."""


WRITER, BUILDER, STEADY = "WRITER.lock", "BUILDER.lock", "STEADY.lock"
DOING = {WRITER: "writing", BUILDER: "building", STEADY: "swapping"}


class Busy(Exception):
    """Another process is writing this index; try again later."""


@dataclass(frozen=True)
class Generation:
    name: str
    format: str


class Held:
    """A lock among all threads and processes, by a file. Raises Busy when somebody else has it, unless one waits."""

    def __init__(self, path: Path, name: str, *, wait: bool = False) -> None:
        path.mkdir(parents=True, exist_ok=True)
        self._file = os.open(path / name, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
        except BlockingIOError:
            os.close(self._file)
            raise Busy(f"another process is {DOING[name]} {path}") from None

    def release(self) -> None:
        os.close(self._file)


def current(path: Path) -> Generation | None:
    try:
        found = json.loads((path / "CURRENT").read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    return Generation(found["generation"], found["format"])


def begin(path: Path, words: Iterable[str]) -> str:
    """Makes the directory of the next generation; what an interrupted rebuild left is cleared away."""
    clear(path)
    name = f"{max((int(item.name) for item in _all(path)), default=0) + 1:06}"
    (path / name).mkdir()
    (path / name / "words.json").write_text(json.dumps(sorted(words), ensure_ascii=False), encoding="utf-8")
    return name


def words_of(path: Path, name: str) -> list[str]:
    return [str(word) for word in json.loads((path / name / "words.json").read_text(encoding="utf-8"))]


def appoint(path: Path, generation: Generation) -> None:
    """From here on every reader that looks finds the new generation, and after a crash too."""
    written = path / "CURRENT.new"
    with written.open("w", encoding="utf-8") as file:
        json.dump({"generation": generation.name, "format": generation.format}, file)
        file.flush()
        os.fsync(file.fileno())
    written.replace(path / "CURRENT")
    _sync_directory(path)


def clear(path: Path) -> None:
    """Removes generations that never became current, and those that nobody can be opening any more."""
    appointed = current(path)
    names = [item.name for item in _all(path)]
    known = [name for name in names if appointed and name <= appointed.name]
    for name in set(names) - set(known[-KEPT:]):
        shutil.rmtree(path / name, ignore_errors=True)


def _all(path: Path) -> list[Path]:
    return sorted((item for item in path.iterdir() if item.is_dir() and item.name.isdigit()), key=lambda item: item.name)


def _sync_directory(path: Path) -> None:
    directory = os.open(path, os.O_RDONLY)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)
