"""Paths in the tree of regions: "652800/652801" is Korla under its prefecture; "" is the root, above them all."""

from __future__ import annotations

ROOT = ""


def code_of(path: str) -> str:
    """The division code at the end of the path."""
    return path.rpartition("/")[2]


def parent(path: str) -> str:
    """The path one level up; the root of a top region and of itself."""
    return path.rpartition("/")[0]


def join(above: str, code: str) -> str:
    """The path of a region with this code directly under `above`."""
    assert code, "a region has a code"
    assert "/" not in code, "a code is one step of a path"
    return f"{above}/{code}" if above else code


def ancestors(path: str) -> tuple[str, ...]:
    """The regions above this one, nearest first, without the root."""
    steps = path.split("/")
    return tuple("/".join(steps[:depth]) for depth in range(len(steps) - 1, 0, -1))


def line(path: str) -> tuple[str, ...]:
    """Where to look for what holds here, nearest first: the region, those above it, and last the root."""
    return (path, *ancestors(path), ROOT) if path else (ROOT,)


def is_under(path: str, top: str) -> bool:
    """True when `path` is `top` or lies anywhere below it; everything lies below the root."""
    return top in (ROOT, path) or path.startswith(top + "/")


def depth(path: str) -> int:
    """How many levels below the root."""
    return len(path.split("/")) if path else 0
