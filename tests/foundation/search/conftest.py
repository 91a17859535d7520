"""A small shop of eight things, the same for every story about searching."""

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path as Directory

import pytest

from sunlit.foundation.search.index import Index
from sunlit.foundation.search.schema import Doc, Field, Keyword, Number, Path, Text, Value, Weight

FIELDS: list[Field] = [
    Keyword("brand", suggest=True),
    Text("name", boost=3.0, suggest=True),
    Text("note"),
    Path("place"),
    Keyword("tags", few=True),
    Number("price", decimals=2, sort=True),
    Number("stock"),
    Weight("lift"),
]

GOODS: list[tuple[str, str, str, str, tuple[str, ...], str]] = [
    ("1", "普联", "TP-LINK TL-SG1024DT T系列24口全千兆非网管交换机", "A/A1/A11", ("green",), "613.60"),
    ("2", "普联", "TP-LINK TL-SG1016DT 16口千兆交换机", "A/A1/A11", (), "400.00"),
    ("3", "联想", "联想启天M450台式计算机 i5-12400 16GB", "A/A2", ("green", "small"), "4999.00"),
    ("4", "惠普", "惠普CF228A黑色硒鼓", "A/A3/A31", (), "0.10"),
    ("5", "得力", "得力A4复印纸70g 500张/包", "B/B1", ("small",), "400.00"),
    ("6", "海尔", "海尔 BCD-118TMPA 118升双门冰箱", "C", ("green",), "1427.00"),
    ("7", "睿因", "睿因无线路由器", "A/A1/A12", ("small",), "99.90"),
    ("8", "惠普", "惠普激光打印机 USB-C", "A/A3/A32", (), "1299.05"),
]


def doc(number: str, brand: str, name: str, place: str, tags: tuple[str, ...], price: str) -> Doc:
    values: dict[str, Value] = {"brand": brand, "name": name, "place": place, "tags": tags, "price": Decimal(price), "stock": int(number)}
    return Doc(number, values, {"name": name, "price": price})


DOCS = [doc(*row) for row in GOODS]


class Ticks:
    """A stopwatch that stands still until it is moved."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def path(tmp_path: Directory) -> Directory:
    return tmp_path / "index"


@pytest.fixture
def ticks() -> Ticks:
    return Ticks()


@pytest.fixture
def shop(path: Directory) -> Iterator[Index]:
    """An index of the eight things, committed and seen."""
    with Index(path, FIELDS) as index:
        index.write(DOCS)
        index.commit("feed:8")
        index.reload()
        yield index
