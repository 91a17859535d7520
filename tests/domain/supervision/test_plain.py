"""The plain checks, each by an example."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from math import log

import pytest

from sunlit.domain.supervision.rules import plain
from sunlit.domain.supervision.rules.classes import Found, Kind, Watch
from sunlit.domain.supervision.rules.plain import Line
from sunlit.domain.supervision.rules.score import score

WATCH = Watch(
    on=frozenset(Kind), severity={}, z_min=3.0, percent_min=Decimal(10), sellers_min=5, window_days=180, shrinkage=8, unit_tolerance=0.08,
    pack_sizes=(6, 12, 24), fillers=("新款",), jump_rise=Decimal(30), jump_days=30, bait_below=Decimal(35), bait_stock=1, bait_orders=1, phantom_orders=3, phantom_days=90,
)  # fmt: skip
MEMORY = Line("memory", "内存", "Memory", "GB", "number", (), True, True)
DISK = Line("disk", "硬盘", "Disk", "GB", "number", (), False)
SYSTEM = Line("system", "系统", "System", "", "choice", ("麒麟", "统信"), False)
TEMPLATE = (MEMORY, DISK, SYSTEM)


def stands_out(price: str, *, packs: tuple[int, ...] = (), stock: int = 20, unconfirmed: int = 0, like: bool = False) -> list[Kind]:
    told = score(log(float(price)), [log(100)] * 6, category_mad=0.08, shrinkage=8)
    found = plain.price_stands_out(
        told, price=Decimal(price), sellers=7, watch=WATCH, packs=packs, unit="支", stock=stock, unconfirmed=unconfirmed, like=like
    )
    return [it.kind for it in found]


@pytest.mark.parametrize(
    ("price", "kinds"),
    [
        ("105.00", []),
        ("109.99", []),
        ("150.00", [Kind.PRICE_HIGH]),
        ("1200.00", [Kind.UNIT_WRONG]),
        ("1000.00", [Kind.DECIMAL_SLIP]),
        ("10.00", [Kind.DECIMAL_SLIP]),
        ("8.33", [Kind.UNIT_WRONG]),
        ("45.00", []),  # cheap, but there to be bought
    ],
)
def test_a_price_falls_into_one_class(price: str, kinds: list[Kind]) -> None:
    assert stands_out(price) == kinds


def test_a_pack_of_ten_is_no_misplaced_point() -> None:
    assert stands_out("1000.00", packs=(10,)) == [Kind.UNIT_WRONG]


def test_a_bait_is_cheap_and_not_to_be_had() -> None:
    assert stands_out("45.00", stock=0) == [Kind.BAIT_PRICE]
    assert stands_out("45.00", unconfirmed=2) == [Kind.BAIT_PRICE]


def test_against_similar_products_only_a_high_price_counts() -> None:
    assert stands_out("1000.00", like=True) == [Kind.PRICE_HIGH_LIKE]
    assert stands_out("10.00", like=True) == []


def test_packs_are_read_from_names() -> None:
    assert plain.packs_in("晨光中性笔 12支/盒", "24 瓶 / 箱", "70g") == {12, 24}


@pytest.mark.parametrize(("now", "lowest", "found"), [("130.00", "100.00", True), ("129.99", "100.00", False), ("130.00", None, False)])
def test_a_steep_rise(now: str, lowest: str | None, found: bool) -> None:
    told = list(plain.price_is_not_raised_steeply(Decimal(now), Decimal(lowest) if lowest else None, WATCH))
    assert bool(told) is found


def test_stock_that_is_never_delivered() -> None:
    assert [it.kind for it in plain.stock_is_real(5, 3, 0, WATCH)] == [Kind.PHANTOM_STOCK]
    assert list(plain.stock_is_real(5, 3, 1, WATCH)) == []
    assert list(plain.stock_is_real(0, 3, 0, WATCH)) == []


def test_parameters_are_missing_or_do_not_fit() -> None:
    [found] = plain.parameters_are_given({"disk": "512"}, TEMPLATE)
    assert (found.kind, found.figures["keys"]) == (Kind.PARAMS_MISSING, ["memory"])
    assert plain.parameters_agree({"memory": "viel", "system": "视窗"}, TEMPLATE, {}) == [MEMORY, SYSTEM]


def test_parameters_are_swapped() -> None:
    usual = {"memory": {"16": 40, "8": 30}, "disk": {"512": 50, "256": 20}}
    assert plain.parameters_agree({"memory": "512", "disk": "16"}, TEMPLATE, usual) == [MEMORY, DISK]
    assert plain.parameters_agree({"memory": "16", "disk": "512"}, TEMPLATE, usual) == []


def test_the_title_exchanges_figures() -> None:
    told = {"memory": "16", "disk": "512"}
    assert plain.title_agrees(told, TEMPLATE, "孔雀 16GB/512GB 现货速发", "孔雀 16GB/512GB") == []
    assert plain.title_agrees(told, TEMPLATE, "孔雀 512GB/16GB", "孔雀 16GB/512GB") == [MEMORY, DISK]


def test_certificates() -> None:
    day = date(2026, 11, 23)
    told = list(plain.certificates_are_in_date([("energy_saving", "JN-1", date(2026, 11, 22), True)], day))
    assert told == [Found(Kind.CERTIFICATE_EXPIRED, {"tag": "energy_saving", "certificate": "JN-1", "day": "2026-11-22"})]
    assert [it.kind for it in plain.certificates_are_in_date([("energy_saving", "", None, True)], day)] == [Kind.CERTIFICATE_MISSING]
    assert list(plain.certificates_are_in_date([("energy_saving", "JN-1", day, True), ("sme", "", None, False)], day)) == []


@pytest.mark.parametrize(
    ("ours", "theirs", "same"),
    [
        ("T830.", "T830", True),
        ("CHENYANR630G0", "R630G0", True),
        ("R800G9（新款）", "R800G9", True),
        ("T830PRO", "T830", False),
        ("T830", "T830", False),
    ],
)
def test_a_model_is_written_otherwise(ours: str, theirs: str, same: bool) -> None:
    assert plain.is_written_otherwise(ours, theirs, ("辰砚", "CHENYAN"), WATCH.fillers) is same
