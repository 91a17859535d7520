"""The category tree, the templates and what things cost elsewhere."""

import csv
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from sunlit.domain.catalog import queries, services
from sunlit.domain.catalog.commands import categories as command
from sunlit.domain.catalog.models import Attribute, Category, ReferencePrice
from sunlit.foundation.accounts.actors import CLOCK
from sunlit.foundation.kernel.refusals import Refused
from sunlit.foundation.ledger.models import Entry
from tests.town import NOON, Town

CATALOGUE = Path(__file__).parents[4] / "shared" / "data" / "categories_2022.csv"


def row(code: str, parent: str, name: str = "名", **more: Any) -> dict[str, Any]:
    return {"code": code, "name": name, "parent_code": parent, **more}


def test_a_tree_is_loaded_once_and_its_own_words_stay(db: None) -> None:
    rows = [
        row("A02000000", "A", "设备"),
        row("A", "", "货物", name_en="Goods", icon="package"),
        row("A02010000", "A02000000", "信息化设备"),
    ]
    assert services.load_categories(rows, by=CLOCK, at=NOON) == services.Loaded(3, 0, 0)
    assert services.load_categories(rows, by=CLOCK, at=NOON) == services.Loaded(0, 0, 3)
    told = [
        ("A", "A", 0, False, "package"),
        ("A02000000", "A/A02000000", 1, False, "package"),
        ("A02010000", "A/A02000000/A02010000", 2, True, "package"),
    ]
    assert [(c.code, c.path, c.level, c.leaf, c.icon) for c in Category.objects.order_by("code")] == told
    assert services.load_categories([row("A", "", "货 物"), row("A02020000", "A02000000")], by=CLOCK, at=NOON) == services.Loaded(1, 1, 0)
    top = Category.objects.get(code="A")
    assert (top.name_zh, top.name_en) == ("货 物", "Goods")
    assert Entry.objects.filter(act="categories.load").count() == 2
    assert [c.code for c in queries.tree().line("A02020000")] == ["A", "A02000000", "A02020000"]


@pytest.mark.parametrize(
    ("rows", "codes"),
    [
        ([row("D01000000", "")], ["CAT-071", "CAT-072"]),
        ([row("A0200", "A"), row("A", "")], ["CAT-071"]),
        ([row("A02000000", "A")], ["CAT-072"]),
        ([row("A", ""), row("A", "")], ["CAT-073"]),
        ([row("A", "", " ")], ["CAT-074"]),
        ([row("A", ""), row("A01000000", "A02000000"), row("A02000000", "A01000000")], ["CAT-072"]),
    ],
)
def test_a_tree_that_is_none_is_refused_whole(db: None, rows: list[dict[str, Any]], codes: list[str]) -> None:
    with pytest.raises(Refused) as refused:
        services.load_categories(rows, by=CLOCK, at=NOON)
    assert refused.value.codes == codes
    assert not Category.objects.exists()


def test_only_the_operator_loads_categories_and_no_supplier_reference_prices(town: Town) -> None:
    with pytest.raises(Refused, match="CAT-070"):
        services.load_categories([], by=town.surina, at=NOON)
    with pytest.raises(Refused, match="CAT-070"):
        services.add_reference_prices([], by=town.wu, at=NOON)
    assert services.add_reference_prices([], by=town.surina, at=NOON) == 0


def test_the_projects_own_tree_has_templates_and_both_languages(db: None) -> None:
    services.load_compact(by=CLOCK, at=NOON)
    used = queries.tree().in_use()
    assert len(used) >= 60
    assert all(category.name_en and category.icon != "" for category in used)
    assert all(queries.template(category) for category in used)
    assert not [line for line in Attribute.objects.all() if line.choices_en and len(line.choices_en) != len(line.choices)]
    before = (Entry.objects.count(), Attribute.objects.count())
    assert services.load_compact(by=CLOCK, at=NOON).unchanged == Category.objects.count()
    assert (Entry.objects.count(), Attribute.objects.count()) == before


@pytest.mark.skipif(not CATALOGUE.exists(), reason="the shared data is not here")
def test_the_whole_catalogue_goes_under_the_compact_tree(db: None) -> None:
    services.load_compact(by=CLOCK, at=NOON)
    told = CliRunner().invoke(command, [str(CATALOGUE)])
    assert told.exit_code == 0, told.output
    with CATALOGUE.open(encoding="utf-8-sig", newline="") as lines:
        count = sum(1 for _line in csv.DictReader(lines))
    assert Category.objects.count() >= count
    assert Category.objects.get(code="A02010108").path == "A/A02000000/A02010000/A02010100/A02010108"
    laptops = queries.category("A02010108")
    assert laptops is not None
    assert (laptops.name_zh, laptops.in_use) == ("便携式计算机", True)
    assert CliRunner().invoke(command, [str(CATALOGUE)]).output == f"{count} categories: 0 new, 0 changed, {count} as before.\n"


def test_a_file_without_the_columns_is_told(tmp_path: Path, db: None) -> None:
    file = tmp_path / "a.csv"
    file.write_text("code,title\nA,x\n")
    told = CliRunner().invoke(command, [str(file)])
    assert (told.exit_code, told.output) == (1, "Error: a.csv lacks the columns name, parent_code.\n")


def test_reference_prices_are_added_once_and_formed_by_the_rulebook(town: Town) -> None:
    rows = [
        {
            "product": "SPU-1",
            "source": "电商甲",
            "price": "5000.00",
            "captured_at": NOON - timedelta(hours=2),
            "url": "https://example.cn/1",
        },
        {"product": "SPU-1", "source": "电商乙", "price": "5100", "captured_at": NOON - timedelta(hours=1)},
    ]
    assert services.add_reference_prices(rows, by=town.he, at=NOON) == 2
    assert services.add_reference_prices(rows, by=town.he, at=NOON) == 0
    assert queries.references([town.laptop.product_id, town.paper.product_id], on=NOON) == {town.laptop.product_id: Decimal("5000.00")}
    wrong = [{**rows[0], "product": "none"}, {**rows[0], "source": " "}, {**rows[0], "price": "-5"}, {**rows[0], "captured_at": None}]
    with pytest.raises(Refused) as refused:
        services.add_reference_prices(wrong, by=town.he, at=NOON)
    assert refused.value.codes == ["CAT-076", "CAT-077", "CAT-078", "CAT-077"]
    assert ReferencePrice.objects.count() == 2
