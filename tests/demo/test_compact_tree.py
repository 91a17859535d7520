"""The compact category tree that the project ships, and its attribute templates."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest

from sunlit.demo import shelf

NATIONAL = Path(__file__).resolve().parents[3] / "shared" / "data" / "categories_2022.csv"
ICONS = Path(__file__).resolve().parents[2] / "node_modules" / "lucide-static" / "icons"
TREE = {row["code"]: row for row in shelf.categories()}
LEAVES = [row for row in TREE.values() if row["leaf"]]


def test_there_are_77_leaves_under_goods_and_services():
    assert len(LEAVES) == 77
    assert {row["code"] for row in TREE.values() if not row["parent"]} == {"A", "C"}
    assert {row["kind"] for row in LEAVES} == {"goods", "services"}


def test_every_node_but_the_roots_hangs_under_a_node_one_level_up():
    for row in TREE.values():
        if row["parent"]:
            assert row["level"] == TREE[row["parent"]]["level"] + 1, row["code"]
            assert not TREE[row["parent"]]["leaf"], row["code"]


def test_leaves_have_both_names_an_icon_and_a_unit():
    for row in LEAVES:
        assert all(row[field] for field in ("zh", "en", "icon", "unit")), row["code"]


@pytest.mark.skipif(not ICONS.is_dir(), reason="the front end's packages are not installed")
def test_every_icon_is_in_the_icon_library():
    assert [row["icon"] for row in TREE.values() if not (ICONS / f"{row['icon']}.svg").is_file()] == []


def test_every_leaf_has_a_template_of_6_to_14_parameters_with_key_parameters():
    templates = shelf.templates_of_the_tree()
    assert set(templates) == {row["code"] for row in LEAVES}
    for code, lines in templates.items():
        assert 6 <= len(lines) <= 14, code
        assert len({line["key"] for line in lines}) == len(lines), code
        assert any(line["is_key"] for line in lines), code


def test_templates_speak_two_languages_and_only_choices_have_choices():
    for code, lines in shelf.templates_of_the_tree().items():
        for line in lines:
            assert line["zh"], (code, line["key"])
            assert line["en"], (code, line["key"])
            assert line["type"] in {"text", "number", "choice"}
            assert bool(line["choices"]) == (line["type"] == "choice"), (code, line["key"])
            assert len(line["choices"]) == len(line["choices_en"])
            assert line["group"] in {"主要参数", "技术参数", "服务信息", "普通属性"}


def test_a_laptop_is_described_by_processor_memory_disk_and_screen():
    lines = {line["key"]: line for line in shelf.templates_of_the_tree()["A02010108"]}
    assert [key for key, line in lines.items() if line["is_key"]] == ["cpu", "memory", "disk", "screen", "graphics"]
    assert (lines["memory"]["zh"], lines["memory"]["en"], lines["memory"]["unit"], lines["memory"]["type"]) == (
        "内存容量",
        "Memory",
        "GB",
        "number",
    )
    assert lines["energy_grade"]["choices"] == ["三级", "二级", "一级"]


def test_every_unit_that_is_chinese_has_an_english_word():
    units = json.loads((Path(shelf.__file__).parents[1] / "domain/catalog/compact/categories.json").read_text(encoding="utf-8"))["units"]
    used = {row["unit"] for row in LEAVES} | {line["unit"] for lines in shelf.templates_of_the_tree().values() for line in lines}
    assert {unit for unit in used if any("\u4e00" <= char <= "\u9fff" for char in unit)} <= set(units)


@pytest.mark.skipif(not NATIONAL.is_file(), reason="the national catalogue lies beside the project only where it is built")
def test_codes_names_and_parents_are_those_of_the_national_catalogue():
    with NATIONAL.open(encoding="utf-8") as file:
        national = {row["code"]: row for row in csv.DictReader(file)}
    for code, row in TREE.items():
        assert (national[code]["name"], national[code]["parent_code"], int(national[code]["level"])) == (
            row["zh"],
            row["parent"],
            row["level"],
        )
