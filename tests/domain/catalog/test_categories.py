"""The category tree from a file: whole or not at all, and rows whose parent the catalogue forgot find their place."""

import pytest

from sunlit.domain.catalog import services
from sunlit.domain.catalog.models import Category
from sunlit.foundation.kernel.refusals import Refused
from tests.town import NOON, Town

ROWS = [
    {"code": "A", "name": "货物", "parent_code": ""},
    {"code": "A07000000", "name": "物资", "parent_code": "A"},
    {"code": "A07050000", "name": "电力、燃气", "parent_code": "A07000000"},
    {"code": "A07050201", "name": "煤气", "parent_code": "A07050200"},  # the published catalogue has no A07050200
]


def test_a_row_without_its_parent_is_placed_under_the_nearest_above_it(town: Town) -> None:
    services.load_categories(ROWS, by=town.he, at=NOON)
    gas = Category.objects.select_related("parent").get(code="A07050201")
    assert gas.parent is not None
    assert (gas.parent.code, gas.path, gas.level) == ("A07050000", "A/A07000000/A07050000/A07050201", 3)


def test_the_same_file_again_changes_nothing(town: Town) -> None:
    services.load_categories(ROWS, by=town.he, at=NOON)
    again = services.load_categories(ROWS, by=town.he, at=NOON)
    assert (again.new, again.changed, again.unchanged) == (0, 0, 4)


def test_faults_are_told_at_their_rows_and_nothing_is_loaded(town: Town) -> None:
    before = Category.objects.count()
    wrong = [*ROWS, {"code": "Z1", "name": "?", "parent_code": "A"}, {"code": "A07000000", "name": "", "parent_code": "A"}]
    with pytest.raises(Refused) as refused:
        services.load_categories(wrong, by=town.he, at=NOON)
    assert [(problem.code, problem.params["row"]) for problem in refused.value.problems] == [("CAT-071", 6), ("CAT-073", 7), ("CAT-074", 7)]
    assert Category.objects.count() == before


def test_only_the_operator_loads_the_tree(town: Town) -> None:
    with pytest.raises(Refused) as refused:
        services.load_categories(ROWS, by=town.zheng, at=NOON)
    assert refused.value.codes == ["CAT-070"]
