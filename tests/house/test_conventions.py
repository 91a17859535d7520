"""The conventions of the house, checked."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.urls import URLPattern, URLResolver, get_resolver

from sunlit.config import goldens
from sunlit.foundation import lifecycle
from sunlit.foundation.ledger import sentences

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "sunlit"
ROOMS = {
    "__init__",
    "apps",
    "reactions",
    "services",
    "queries",
    "policies",
    "models",
    "states",
    "rules",
    "events",
    "commands",
    "migrations",
    "locale",
    "modes",
    "pack",
    "compact",
    "indicators",
}
DOORLESS = {"health", "ready", "figures"}  # asked by machines of the operator
CLOCKS = {PACKAGE / "foundation" / "kernel" / "clock.py"}
WATCHES = ("config", "demo")  # entry points and the demo may look at the clock


def modules(under: Path = PACKAGE) -> Iterator[tuple[Path, ast.Module]]:
    for path in sorted(under.rglob("*.py")):
        if "migrations" not in path.parts:
            yield path, ast.parse(path.read_text(encoding="utf-8"))


def patterns(resolver: Any = None, prefix: str = "") -> Iterator[tuple[str, URLPattern]]:
    for each in (resolver or get_resolver()).url_patterns:
        if isinstance(each, URLResolver):
            yield from patterns(each, prefix + str(each.pattern))
        else:
            yield prefix + str(each.pattern), each


def test_every_view_is_a_door() -> None:
    open_walls = [
        route
        for route, each in patterns()
        if not route.startswith("api/") and each.callback.__name__ not in DOORLESS and not hasattr(each.callback, "door")
    ]
    assert open_walls == []


def test_only_the_clock_reads_the_clock() -> None:
    wall_clock = re.compile(r"\b(datetime\.(now|utcnow|today)|date\.today|timezone\.now|time\.time)\(")
    found = [
        str(path.relative_to(ROOT))
        for path in sorted(PACKAGE.rglob("*.py"))
        if path not in CLOCKS and path.relative_to(PACKAGE).parts[0] not in WATCHES and wall_clock.search(path.read_text(encoding="utf-8"))
    ]
    assert found == []


def test_state_is_set_in_one_place() -> None:
    found = [
        f"{path.relative_to(ROOT)}:{node.lineno}"
        for path, tree in modules()
        if path != PACKAGE / "foundation" / "lifecycle.py"
        for node in ast.walk(tree)
        if isinstance(node, ast.Assign | ast.AugAssign | ast.AnnAssign)
        for target in (node.targets if isinstance(node, ast.Assign) else [node.target])
        if isinstance(target, ast.Attribute)
        and target.attr == "state"
        and not (isinstance(target.value, ast.Name) and target.value.id == "self")
    ]
    assert found == []


def test_no_room_for_odds_and_ends() -> None:
    found = [
        str(path.relative_to(ROOT))
        for path in PACKAGE.rglob("*.py")
        if path.stem in {"utils", "helpers", "common", "manager", "misc", "util"}
    ]
    assert found == []


def test_no_module_hides_behind_a_package_of_its_name() -> None:
    assert [str(path.relative_to(ROOT)) for path in PACKAGE.rglob("*.py") if path.with_suffix("").is_dir()] == []


def test_every_desk_of_the_domain_has_the_same_rooms() -> None:
    strange = [
        f"{desk.name}/{room.stem}"
        for desk in sorted((PACKAGE / "domain").iterdir())
        if desk.is_dir() and desk.name != "__pycache__"
        for room in desk.iterdir()
        if room.stem not in ROOMS and room.name != "__pycache__"
    ]
    assert strange == []


@pytest.mark.parametrize("life", lifecycle.lives().values(), ids=lambda life: life.kind)
def test_every_verb_has_a_sentence_and_its_sealed_fields_exist(life: lifecycle.Life) -> None:
    assert {f"{life.kind}.{verb}" for verb in life.moves} <= set(sentences.acts())
    assert all(hasattr(life.model, name) for name in life.model.sealed)
    assert all(hasattr(life.model, move.stamp) for move in life.moves.values() if move.stamp)


@pytest.mark.parametrize("life", lifecycle.lives().values(), ids=lambda life: life.kind)
def test_every_state_can_be_reached_and_none_but_an_end_is_a_trap(life: lifecycle.Life) -> None:
    reached = {move.to for move in life.moves.values() if not move.origins}
    while more := {move.to for move in life.moves.values() if move.to and set(move.origins) & reached} - reached:
        reached |= more
    assert reached == set(life.states)


def test_no_subject_of_the_public_ledger_is_a_person() -> None:
    """Subjects stand in the published tree: people, seats, sign-ins and keys are told in the facts."""
    subject = re.compile(r'\b(?:subject|under|own)\s*=\s*f?"([a-z_]+)/')
    found = {kind: path.name for path in PACKAGE.rglob("*.py") for kind in subject.findall(path.read_text(encoding="utf-8"))}
    found |= {life.kind: "a life" for life in lifecycle.lives().values()}
    assert {"order", "organisation"} <= set(found)
    assert {kind: path for kind, path in found.items() if kind in {"user", "person", "people", "seat", "session", "token", "key"}} == {}


def test_tests_do_not_sleep() -> None:
    sleeping = re.compile(r"^\s*(time\.)?sleep\(", re.MULTILINE)
    found = [
        str(path.relative_to(ROOT)) for path in (ROOT / "tests").rglob("test_*.py") if sleeping.search(path.read_text(encoding="utf-8"))
    ]
    assert found == []


@pytest.mark.parametrize("path", sorted(goldens.documents()), ids=lambda path: path.name)
def test_generated_documents_are_as_the_code_says(path: Path) -> None:
    assert path.exists(), "run `sunlit goldens`"
    assert path.read_text(encoding="utf-8") == goldens.documents()[path], "run `sunlit goldens`"
