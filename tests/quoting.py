"""A fair for quotations: the town with two more suppliers, key keepers over real HTTP, and short words for what is done again and again."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from sunlit.domain.market import services
from sunlit.domain.market.models import Quotation, Quote
from sunlit.domain.planning.models import BudgetQuota, Hold
from sunlit.domain.registry.models import Supplier
from sunlit.foundation.accounts.actors import Actor, actor_in
from sunlit.foundation.accounts.models import Organisation, Seat, User
from sunlit.foundation.kernel import credit_code
from sunlit.foundation.kernel.clock import SHANGHAI
from tests import town as towns
from tests.keepers import Keepers, on_duty
from tests.town import NOON, Town

UNTIL = datetime(2026, 3, 5, 1, 0, tzinfo=UTC)  # Thursday, nine in the morning in Shanghai
OPENS = UNTIL + timedelta(minutes=5)
SECOND = timedelta(seconds=1)
LAPTOP, PAPER = "A02010108", "A05040101"


@dataclass
class Fair:
    """Who is there, and what they do. `song` and `guo` sell for the third and the fourth supplier."""

    town: Town
    keepers: Keepers
    song: Actor
    guo: Actor

    @property
    def sellers(self) -> list[Actor]:
        return [self.town.chen, self.town.nurlan, self.song, self.guo]

    def told(self, **changes: Any) -> dict[str, Any]:
        """What Aygul writes: ten laptops at most at 4,900 each."""
        line = {
            "category": LAPTOP,
            "name": "教学用笔记本电脑",
            "quantity": "10",
            "unit": "台",
            "ceiling": "4900.00",
            "parameters": "内存不低于16GB\n三年上门保修",
        }
        return {
            "title": "教学用笔记本电脑",
            "purpose": "机房更新",
            "quota": str(self.town.quota.pk),
            "address": str(self.town.address.pk),
            "invoice_title": str(self.town.title.pk),
            "quote_until": UNTIL.astimezone(SHANGHAI).replace(tzinfo=None).isoformat(timespec="minutes"),
            "delivery_days": "15",
            "items": [line],
            **changes,
        }

    def draft(self, *, at: datetime = NOON, **changes: Any) -> Quotation:
        return services.draft_quotation(self.told(**changes), by=self.town.aygul, at=at)

    def published(self, *, at: datetime = NOON, by: Actor | None = None, **changes: Any) -> Quotation:
        return services.publish_quotation(self.draft(at=at, **changes), by=by or self.town.aygul, at=at)

    def quote(self, it: Quotation, by: Actor, price: str, *, at: datetime = NOON, meets: str = "yes", **changes: str) -> Quote:
        form = {
            "price_1": price,
            "brand_1": "孔雀",
            "model_1": "KQ-14",
            "meets_1_0": meets,
            "meets_1_1": "yes",
            "text_1_0": "16GB",
            "delivery_days": "7",
        }
        return services.hand_in_quote(it, {**form, **changes}, by=by, at=at)

    def quoted(self, *prices: str, **changes: Any) -> Quotation:
        """Published, with one quote a seller at these prices, in the order of the sellers."""
        it = self.published(**changes)
        for seconds, (by, price) in enumerate(zip(self.sellers, prices, strict=False)):
            self.quote(it, by, price, at=NOON + seconds * SECOND)
        return it

    def opened(self, *prices: str, **changes: Any) -> Quotation:
        it = self.quoted(*prices, **changes)
        self.clock(OPENS)
        it.refresh_from_db()
        return it

    def judged(self, *prices: str, **changes: Any) -> Quotation:
        """Opened, and every quote found to conform."""
        it = self.opened(*prices, **changes)
        for quote in it.quotes.all():
            services.judge_quote(quote, conforms=True, by=self.town.aygul, at=OPENS)
        return it

    def clock(self, at: datetime) -> None:
        """The rounds of a minute, at this instant for the platform and for the keepers."""
        self.keepers.now = at
        services.close_due_quotations(at)
        services.tend_keys(at)
        services.open_due_quotations(at)

    def states(self, it: Quotation) -> dict[str, str]:
        """The quotes' states by the suppliers' numbers."""
        return dict(it.quotes.order_by("supplier__number").values_list("supplier__number", "state"))


def held() -> dict[str, Decimal]:
    """What is held, by reference."""
    return {hold.reference: hold.open for hold in Hold.objects.filter(state="held")}


def available(quota: BudgetQuota) -> Decimal:
    quota.refresh_from_db()
    return quota.available


@contextmanager
def open_fair(folder: Path) -> Iterator[Fair]:
    with on_duty(folder, NOON) as keepers:
        town = towns.build()
        song = _seller(town, "GY-0003", "焉耆博斯腾商贸有限公司", "Yanqi Bosten Trading", "song", "宋雨桐")
        guo = _seller(town, "GY-0004", "和静东归商贸有限公司", "Hejing Donggui Trading", "guo", "郭嘉宁")
        yield Fair(town, keepers, song, guo)


def _seller(town: Town, number: str, name: str, name_en: str, login: str, person: str) -> Actor:
    region, code = town.shop.region, credit_code.make(int.from_bytes(number.encode()) % 10**9)
    party = Organisation.objects.create(
        kind="supplier", number=number, name_zh=name, name_en=name_en, credit_code=code, region=region, created_at=NOON
    )
    Supplier.objects.create(number=number, region_path=region.path, state="active", organisation=party, admitted_at=NOON)
    user = User.objects.create(login=login, name_zh=person, created_at=NOON, password="!")
    seat = Seat.objects.create(user=user, organisation=party, roles=["sales", "admin"])
    return actor_in(Seat.objects.select_related("user", "organisation__region").get(pk=seat.pk))
