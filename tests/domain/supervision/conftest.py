"""A market in the town: a drill that many shops offer, so that one of them can stand out."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

import pytest

from sunlit.domain.catalog.models import Offer, PriceChange, Product
from sunlit.domain.registry.models import Supplier
from sunlit.domain.supervision.models import WatchCase
from sunlit.foundation.accounts.models import Organisation
from tests.town import NOON, Town, _offer, _party

PRICES = ("100.00", "98.00", "102.00", "101.00", "99.00", "100.50", "97.00", "103.00")


@pytest.fixture
def shops(town: Town) -> list[Organisation]:
    """Eight more shops in Korla."""
    made = []
    for place in range(8):
        shop = _party("supplier", f"GY-1{place:03}", f"第{place}商行", f"Shop {place}", town.shop.region, NOON)
        Supplier.objects.create(number=shop.number, region_path=shop.region.path, state="active", organisation=shop, admitted_at=NOON)
        made.append(shop)
    return made


@pytest.fixture
def drill(town: Town, shops: list[Organisation]) -> Product:
    """A product that the eight shops offer for about 100 yuan."""
    product = Product.objects.create(
        number="SPU-9",
        category=town.paper.product.category,
        brand=town.paper.product.brand,
        model="DR-9",
        model_key="DR9",
        name_zh="孔雀 DR-9 复印纸 70g",
        unit="箱",
        created_at=NOON,
    )
    for place, (shop, price) in enumerate(zip(shops, PRICES, strict=True)):
        _offer(shop, product, f"DR-{place}", price, 20, NOON)
    return product


@pytest.fixture
def dear(town: Town, drill: Product) -> Offer:
    """The shop offers the drill's like for 150 yuan."""
    return _offer(town.shop, drill, "DR-DEAR", "150.00", 20, NOON)


def set_price(offer: Offer, price: str) -> Offer:
    """As if it had been so."""
    Offer.objects.filter(pk=offer.pk).update(price=Decimal(price))
    PriceChange.objects.filter(offer=offer).update(price=Decimal(price))
    offer.refresh_from_db()
    return offer


def the_case(offer: Offer) -> WatchCase:
    return WatchCase.objects.get(offer=offer)


Story = Callable[[], None]
