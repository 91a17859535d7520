"""What the style pages show: one town's people and goods, made up and always the same."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

from django.utils.translation import gettext_lazy as _

from sunlit.foundation.accounts.actors import Actor
from sunlit.foundation.kernel.refusals import Problem, Reason

PARTS = _("Parts of the kit")
SHOP = _("Shop window")
ROWS = 10_000

ALICE = Actor(None, "艾力·买买提", 0, "B-0007", "巴州人民医院", "ui", "652800", frozenset({"orderer"}))

PRICE_TOO_HIGH = Reason("UI-901", _("The price ¥{price} is above the reference price of ¥{reference}. Lower it, or give the reason."))
QUANTITY_TOO_LARGE = Reason("UI-902", _("Only {stock} are in stock, {quantity} were asked for."))
CHOOSE_ADDRESS = Reason("UI-903", _("Choose where the goods are to go."))
PROBLEMS = (
    Problem(PRICE_TOO_HIGH, {"price": "5,299.00", "reference": "4,899.00"}, "price"),
    Problem(QUANTITY_TOO_LARGE, {"stock": 12, "quantity": 40}, "quantity"),
    Problem(CHOOSE_ADDRESS),
)

_PRODUCTS: tuple[tuple[Any, ...], ...] = (
    (
        "A02010105",
        "联想 启天 M455 台式计算机",
        "联想",
        "启天 M455",
        "4680.00",
        "4899.00",
        6,
        ("energy_saving", "domestic_product"),
        "次日达 · 库尔勒",
    ),
    (
        "A02021003",
        "奔图 P3305DN A4 黑白激光打印机 自动双面 网络打印 国产主控芯片",
        "奔图",
        "P3305DN",
        "1399.00",
        None,
        11,
        ("environmental_label",),
        "2 日达",
    ),
    ("A05040101", "晨光 A4 复印纸 70 克 5 包/箱", "晨光", "APYVQ959", "138.50", "145.00", 23, ("sme",), "次日达"),
    ("A05010301", "人体工学办公椅", "永艺", "MC-3201", "668.00", None, 3, ("sme", "small_micro"), "5 日达 · 若羌"),
    (
        "A02061804",
        "格力 3 匹 一级能效 立柜式空调",
        "格力",
        "KFR-72LW",
        "7299.00",
        "7699.00",
        4,
        ("energy_saving", "environmental_label"),
        "含安装",
    ),
    ("A02320000", "鱼跃 上臂式电子血压计", "鱼跃", "YE690A", "289.00", None, 8, (), "2 日达"),
    ("A07030101", "库尔勒香梨 特级 10 公斤", "孔雀河", "", "96.00", None, 2, ("platform_832", "sme"), "次日达"),
    ("A02080701", "华为 IP 电话机", "华为", "eSpace 7910", "459.00", "499.00", 5, (), "3 日达"),
)


def products() -> list[dict[str, Any]]:
    """Goods for cards."""
    keys = ("category", "name", "brand", "model", "price", "was", "offers", "tags", "delivery")
    rows = [dict(zip(keys, row, strict=True)) for row in _PRODUCTS]
    for at, row in enumerate(rows):
        row.update(price=Decimal(row["price"]), was=Decimal(row["was"]) if row["was"] else None, unit="", image="", key=f"P-{at:04}")
    return rows


def orders(now: datetime) -> list[dict[str, Any]]:
    """Orders in many states."""
    rows = (
        ("DD-20261120-7K3M9QW4", "库尔勒金穗办公用品有限公司", "13850.00", "placed"),
        ("DD-20261119-2F8XT0AB", "新疆孔雀河信息技术有限责任公司（和静县分公司）", "284600.00", "dispatched"),
        ("DD-20261117-9PLM4C77", "轮台县胡杨家具厂", "6680.00", "accepted"),
        ("DD-20261113-0QZ8RT5D", "博湖县西海商贸行", "96.00", "cancel_asked"),
        ("DD-20261102-5HN2VB6K", "焉耆县开都河印务", "1208.40", "paid"),
        ("DD-20261028-8DJ3SX1E", "若羌县楼兰物资有限公司", "45900.00", "declined"),
        ("DD-20261011-3KU7YC2M", "尉犁县罗布医疗器械有限公司", "28900.00", "closed"),
    )
    return [
        {
            "number": number,
            "supplier": supplier,
            "total": Decimal(total),
            "state": state,
            "lines": 1 + at % 4,
            "placed_at": now - timedelta(days=3 * at, hours=at),
        }
        for at, (number, supplier, total, state) in enumerate(rows)
    ]


def steps(now: datetime) -> list[dict[str, Any]]:
    """A purchase that waits for its goods."""
    return [
        {"label": _("Placed"), "state": "done", "who": "艾力·买买提", "at": now - timedelta(days=4)},
        {"label": _("Approved"), "state": "done", "who": "王秀兰", "at": now - timedelta(days=4, hours=-2)},
        {"label": _("Confirmed"), "state": "done", "who": "库尔勒金穗办公用品", "at": now - timedelta(days=3)},
        {
            "label": _("Dispatched"),
            "state": "current",
            "who": "库尔勒金穗办公用品",
            "at": now - timedelta(days=1),
            "next": _("The buyer confirms receipt"),
        },
        {"label": _("Received"), "state": "todo"},
        {"label": _("Accepted"), "state": "todo"},
        {"label": _("Paid"), "state": "todo"},
        {"label": _("Rated"), "state": "todo"},
    ]


def timeline(now: datetime) -> list[dict[str, Any]]:
    """What happened, newest first."""
    rows = (
        (
            "dispatched",
            "古丽娜尔",
            "库尔勒金穗办公用品有限公司",
            _("Order dispatched with waybill %(waybill)s") % {"waybill": "SF1430022871956"},
            128_114,
            26,
        ),
        ("confirmed", "古丽娜尔", "库尔勒金穗办公用品有限公司", _("Order confirmed"), 127_802, 70),
        ("placed", "王秀兰", "巴州人民医院", _("Order approved; ¥13,850.00 held on the budget"), 127_655, 94),
        ("awaiting_approval", "艾力·买买提", "巴州人民医院", _("Approval asked for"), 127_640, 96),
    )
    return [
        {"state": state, "who": who, "organisation": where, "sentence": said, "number": number, "at": now - timedelta(hours=hours)}
        for state, who, where, said, number, hours in rows
    ]


def rulings() -> list[SimpleNamespace]:
    """The rulebook says yes, careful, and no."""
    shared = {"since": date(2026, 1, 1)}
    return [
        SimpleNamespace(
            verdict="allowed", code="", text="", name=_("Price not above the reference price"), key="emall.price.reference", source="政府采购法实施条例", article="第 58 条",
            evidence="V", figures={"price": "4680.00", "reference": "4899.00"}, **shared,
        ),
        SimpleNamespace(
            verdict="warned", code="RUL-031", text=_("The price is 18% above the median of the same product."), name=_("Price near the median"), key="emall.price.median",
            source="平台参数", article="", evidence="K", figures={"price": "5299.00", "median": "4490.00", "count": 14}, **shared,
        ),
        SimpleNamespace(
            verdict="refused", code="RUL-012", text=_("The purchase is over the limit of the electronic marketplace."), name=_("Within the limit of the e-mall"), key="threshold.emall",
            source="自治区集中采购目录及标准", article="二、（三）", evidence="V", figures={"total": "1284000.00", "limit": "1000000.00"}, **shared,
        ),
    ]  # fmt: skip


def facets() -> list[dict[str, Any]]:
    """Filters of a search."""

    def options(*rows: tuple[str, Any, int]) -> list[dict[str, Any]]:
        return [{"value": value, "label": label, "count": count, "chosen": value == "lenovo"} for value, label, count in rows]

    return [
        {
            "name": "brand",
            "label": _("Brand"),
            "options": options(("lenovo", "联想", 412), ("huawei", "华为", 208), ("tsinghua", "清华同方", 96), ("inspur", "浪潮", 41)),
        },
        {
            "name": "region",
            "label": _("Delivers to"),
            "options": options(("652801", "库尔勒市", 1830), ("652822", "轮台县", 944), ("652824", "若羌县", 310)),
        },
        {"name": "tag", "label": _("Policy"), "options": options(("energy_saving", _("Energy-saving"), 512), ("sme", _("SME"), 1204))},
    ]


def price_history() -> dict[str, Any]:
    """A chart that holds its steps, with a level to compare."""
    labels = [f"2026-{month:02}-01" for month in range(1, 12)]
    return {
        "labels": labels,
        "series": [{"name": "联想 启天 M455", "values": [4899, 4899, 4799, 4799, 4750, 4750, 4699, 4720, 4720, 4680, 4680]}],
        "unit": "¥",
        "level": {"name": str(_("Reference price")), "value": 4899},
    }


def turnover() -> dict[str, Any]:
    """Two series side by side."""
    return {
        "labels": ["7", "8", "9", "10", "11"],
        "series": [
            {"name": str(_("Deals")), "values": [412, 388, 521, 604, 377]},
            {"name": str(_("Refused")), "values": [21, 14, 30, 18, 9]},
        ],
        "unit": "",
    }


def page(now: datetime, here: str) -> dict[str, Any]:
    """All of it."""
    return {
        "now": now, "full_path": here, "orders": orders(now), "steps": steps(now), "timeline": timeline(now), "rulings": rulings(), "problems": PROBLEMS,
        "products": products()[:4], "price_history": price_history(), "turnover": turnover(), "total_rows": ROWS,
        "soon": now + timedelta(hours=5, minutes=12), "later": now + timedelta(days=2, hours=3), "past": now - timedelta(hours=30),
        "colours": ("paper", "sheet", "wash", "ink", "ink-soft", "ink-faint", "hair", "hair-strong", "action", "gold", "bad", "done"),
        "moves": [SimpleNamespace(verb="receive", label=_("Confirm receipt")), SimpleNamespace(verb="ask_cancel", label=_("Ask to cancel"))],
    }  # fmt: skip


def shop(now: datetime, here: str) -> dict[str, Any]:
    """A page of results."""
    return {"now": now, "full_path": here, "products": products(), "facets": facets(), "price_history": price_history()}
