"""A market of laptops for demands: nine products of five brands, offered by four suppliers, with a template of four parameters."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from sunlit.domain.catalog import queries as catalog
from sunlit.domain.catalog import services
from sunlit.domain.catalog.models import Brand, Category, Offer, Product
from sunlit.domain.planning import services as planning
from sunlit.domain.planning.models import Demand
from sunlit.domain.planning.rules.demands import Content, Item, Parameter
from sunlit.domain.registry.models import Supplier
from sunlit.foundation.accounts.actors import CLOCK, Actor
from sunlit.foundation.accounts.models import Organisation
from tests.town import NOON, Town

LAPTOPS = "A02010108"
TEMPLATE: list[dict[str, Any]] = [
    {
        "key": "memory",
        "zh": "内存容量",
        "en": "Memory",
        "unit": "GB",
        "type": "number",
        "required": True,
        "is_key": True,
        "better": "higher",
    },
    {"key": "weight", "zh": "整机重量", "en": "Weight", "unit": "kg", "type": "number", "better": "lower"},
    {
        "key": "wifi",
        "zh": "无线网络",
        "en": "Wireless",
        "type": "choice",
        "choices": ["Wi-Fi 5", "Wi-Fi 6", "Wi-Fi 7"],
        "choices_en": ["Wi-Fi 5", "Wi-Fi 6", "Wi-Fi 7"],
        "better": "higher",
    },
    {"key": "cpu", "zh": "处理器", "en": "Processor", "type": "text"},
]

# brand, memory, weight ("": not told), wifi, cpu, who offers it at which price. The town's own laptop is the tenth product:
# brand 孔雀, memory 16, nothing else told, of shop (4,999.00) and corner (4,899.00).
GOODS: tuple[tuple[str, str, str, str, str, dict[str, str]], ...] = (
    ("天鹅", "8", "1.6", "Wi-Fi 5", "龙芯 3A6000", {"shop": "3199.00", "third": "3149.00"}),
    ("天鹅", "16", "1.5", "Wi-Fi 6", "龙芯 3A6000", {"shop": "3999.00", "third": "4099.00"}),
    ("胡杨", "16", "1.4", "Wi-Fi 6", "兆芯 KX-7000", {"corner": "4299.00"}),
    ("胡杨", "32", "1.3", "Wi-Fi 7", "兆芯 KX-7000", {"corner": "5999.00", "fourth": "5899.00"}),
    ("孔雀", "16", "1.2", "Wi-Fi 6", "海光 3350", {"third": "5199.00"}),
    ("博斯腾", "8", "1.9", "Wi-Fi 5", "龙芯 3A6000", {"fourth": "2899.00"}),
    ("博斯腾", "16", "", "Wi-Fi 6", "龙芯 3A6000", {"fourth": "3799.00"}),
    ("开都", "32", "", "", "海光 3350", {"third": "6299.00"}),
    ("开都", "16", "1.1", "Wi-Fi 7", "海光 3350", {"fourth": "6999.00"}),
)


def a_market(town: Town) -> dict[str, Organisation]:
    """Everything above as rows; returns the suppliers by name."""
    services.load_templates({LAPTOPS: TEMPLATE}, by=CLOCK, at=NOON)
    catalog.forget()
    suppliers = {"shop": town.shop, "corner": town.corner, "third": _supplier(town, "third"), "fourth": _supplier(town, "fourth")}
    category = Category.objects.get(code=LAPTOPS)
    for n, (brand, memory, weight, wifi, cpu, offers) in enumerate(GOODS):
        told = {"memory": memory, "weight": weight, "wifi": wifi, "cpu": cpu}
        maker, _made = Brand.objects.get_or_create(name_zh=brand, defaults={"key": catalog.key_of(brand)})
        product = Product.objects.create(
            number=f"SPU-M{n}",
            category=category,
            brand=maker,
            model=f"M{n}",
            model_key=f"M{n}",
            name_zh=f"{brand} M{n}",
            unit="台",
            attributes={key: value for key, value in told.items() if value},
            created_at=NOON,
        )
        for who, price in offers.items():
            an_offer(suppliers[who], product, f"SP-M{n}-{who}", price)
    return suppliers


def an_offer(supplier: Organisation, product: Product, number: str, price: str, **more: Any) -> Offer:
    return Offer.objects.create(
        number=number,
        region_path=supplier.region.path,
        state=more.pop("state", "listed"),
        supplier=supplier,
        product=product,
        sku_code=number,
        title=product.name_zh,
        price=Decimal(price),
        stock=10,
        created_at=NOON,
        listed_at=NOON,
        **more,
    )


def _supplier(town: Town, name: str) -> Organisation:
    made = Organisation.objects.create(
        kind="supplier", number=f"GY-{name}", name_zh=f"{name}公司", name_en=name, region=town.shop.region, created_at=NOON
    )
    Supplier.objects.create(number=made.number, region_path=made.region.path, state="active", organisation=made, admitted_at=NOON)
    return made


def a_parameter(key: str, sense: str, value: str, **more: Any) -> Parameter:
    return Parameter(key=key, sense=sense, value=value, **{"reason": "教学软件运行的需要", **more})


ANSWERS: dict[str, Any] = {
    "system": "domestic",
    "carry": "office",
    "deliver_days": "10",
    "deliver_place": "梨城实验中学信息中心",
    "warranty": "36",
    "imports": False,
    "accept_who": "学校资产管理处",
    "accept_days": "5",
    "accept_how": ["count", "run"],
    "accept_procedure": "到货后逐台开箱，通电试机，双方签字。",
    "accept_content": "数量、型号、主要参数和随机附件。",
    "accept_standard": "与需求一致，运行正常。",
    "pricing": "fixed_unit",
    "payment": "验收合格后30日内一次付清。",
    "breach": "逾期交付按日承担违约金，争议提交仲裁。",
    "ip": False,
}
"""What the template of the region asks of laptops, answered."""


def a_content(*parameters: Parameter, **more: Any) -> Content:
    """A demand for 30 laptops at most 5,000.00 each that could be handed in."""
    item = Item(LAPTOPS, "", "30", "台", "7000.00", parameters)
    told: dict[str, Any] = {
        "title": "高一年级教师用便携式计算机",
        "purpose": "更新教师备课用机，现有设备已超过报废年限。",
        "items": (item,),
        "answers": ANSWERS,
    }
    return Content(**{**told, **more})


def a_demand(town: Town, content: Content | None = None, *, by: Actor | None = None) -> Demand:
    """A draft with the content, through the real services."""
    made = planning.begin_demand(title="便携式计算机", category_code=LAPTOPS, by=by or town.aygul, at=NOON)
    return planning.edit_demand(made, content, by=by or town.aygul, at=NOON) if content else made
