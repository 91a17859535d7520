"""The town's shelf with a template for laptops, and Wu who keeps the catalogue of the shop."""

from datetime import timedelta
from typing import Any

import pytest

from sunlit.domain.catalog import queries, services
from sunlit.domain.catalog.models import Category, Offer, ReferencePrice
from sunlit.foundation.accounts.actors import CLOCK
from tests.town import NOON, Town

LAPTOPS = "A02010108"
TEMPLATE: list[dict[str, Any]] = [
    {"key": "memory", "zh": "内存容量", "en": "Memory", "unit": "GB", "type": "number", "required": True, "is_key": True},
    {
        "key": "system",
        "zh": "操作系统",
        "en": "System",
        "type": "choice",
        "choices": ["银河麒麟", "统信UOS", "无"],
        "choices_en": ["Kylin", "UOS", "None"],
        "required": True,
    },
    {"key": "colour", "zh": "颜色", "en": "Colour"},
]
RAW: dict[str, Any] = {
    "sku_code": "TS-100",
    "title": "天鹅 TE-15 便携式计算机",
    "brand": "天鹅",
    "model": "TE-15",
    "price": "3999.00",
    "stock": "20",
    "attr.memory": "16",
    "attr.system": "银河麒麟",
}


@pytest.fixture
def shelf(town: Town) -> Town:
    """The town, with a template for laptops."""
    services.load_templates({LAPTOPS: TEMPLATE}, by=CLOCK, at=NOON)
    return town


def laptops() -> Category:
    found = queries.category(LAPTOPS)
    assert found is not None
    return found


def a_draft(shelf: Town, **more: Any) -> Offer:
    return services.draft_offer({**RAW, **more}, category=laptops(), by=shelf.wu, at=NOON)


def in_review(shelf: Town, **more: Any) -> Offer:
    return services.submit_offer(a_draft(shelf, **more), by=shelf.wu, at=NOON)


def on_sale(shelf: Town, **more: Any) -> Offer:
    return services.approve_offer(in_review(shelf, **more), by=shelf.surina, at=NOON)


def a_reference(offer: Offer, price: str, *, source: str = "电商甲", hours_ago: int = 1) -> ReferencePrice:
    return ReferencePrice.objects.create(
        product_id=offer.product_id, source=source, price=price, captured_at=NOON - timedelta(hours=hours_ago)
    )
