"""A small town for tests: the cast of the demo in their seats, a shelf of three products, and money to spend."""

from __future__ import annotations

import copy
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from django.db import connection, transaction

from sunlit.demo import cast
from sunlit.domain.catalog import queries as catalog
from sunlit.domain.catalog.models import Brand, Category, Offer, PriceChange, Product
from sunlit.domain.market.models import CartLine, Order
from sunlit.domain.market.modes.supermarket import Terms, place
from sunlit.domain.market.queries.wishes import Wish
from sunlit.domain.planning.models import BudgetQuota
from sunlit.domain.registry import services as registry
from sunlit.domain.registry.models import SizeDeclaration, Supplier
from sunlit.domain.rulebook import services as rulebook
from sunlit.domain.rulebook.services.rules import read_anew
from sunlit.foundation.accounts import queries as accounts
from sunlit.foundation.accounts.actors import CLOCK, Actor, actor_in
from sunlit.foundation.accounts.models import Address, InvoiceTitle, Organisation, Region, Seat, User
from sunlit.foundation.kernel import credit_code

NOON = datetime(2026, 3, 2, 4, 0, tzinfo=UTC)  # a Monday, noon in Shanghai
REGIONS = ("652800", "652801", "652823", "652824")


@dataclass
class Town:
    """Everybody and everything by name."""

    school: Organisation  # Aygul orders, Zhou leads, Batu receives, Li pays
    hospital: Organisation  # Ma orders
    shop: Organisation  # Chen sells, Wu keeps the catalogue
    corner: Organisation  # Nurlan does everything
    bureau: Organisation  # Surina supervises the city
    prefecture: Organisation  # Zheng supervises all
    platform: Organisation  # He operates
    actors: dict[str, Actor]
    laptop: Offer  # of the shop, 4,999.00
    laptop_corner: Offer  # the same product of the corner shop, 4,899.00
    paper: Offer  # of the shop, 128.50
    quota: BudgetQuota  # of the school, 100,000.00
    hospital_quota: BudgetQuota  # of the hospital, 100,000.00
    address: Address
    title: InvoiceTitle

    def __getattr__(self, name: str) -> Actor:
        try:
            return self.__dict__["actors"][name]  # type: ignore[no-any-return]
        except KeyError:
            raise AttributeError(name) from None


class Standing:
    """One town for many tests: founded once, in a transaction that stays open around the transactions of the tests.

    Every test's own transaction is rolled back as ever, and what it is handed is a copy: nothing that it does reaches the next.
    """

    def __init__(self) -> None:
        self.taken = False
        self._town: Town | None = None
        self._around: transaction.Atomic | None = None

    def raise_up(self) -> None:
        """Before a test that founds the town."""
        self.taken = False
        if self._town is not None and not self._is_sound():
            self.clear()
        if self._town is None:
            self._around = transaction.atomic()
            self._around.__enter__()
            self._town = _found(NOON)

    def clear(self) -> None:
        """Before a test that needs an empty database or real commits."""
        if self._around is not None:
            self._town = None
            transaction.set_rollback(True)
            self._around.__exit__(None, None, None)
            self._around = None

    def stands(self) -> bool:
        return self._town is not None

    def take(self) -> Town:
        """The town as it was on its first day; what the process remembers is as after its founding."""
        self.taken = True
        accounts.forget()
        catalog.forget()
        read_anew()
        return copy.deepcopy(self._town)  # type: ignore[return-value]

    def _is_sound(self) -> bool:
        """A test may have lost the connection, and with it all that was not committed."""
        return connection.connection is not None and not connection.closed_in_transaction and not connection.needs_rollback


standing = Standing()


def build() -> Town:
    """Found the town, or enter the one that stands. Everything in it is real rows; nothing went through the ledger yet."""
    return standing.take() if standing.stands() else _found(NOON)


def _found(at: datetime) -> Town:
    accounts.forget()
    catalog.forget()
    regions = _regions()
    rulebook.load_pack(by=CLOCK, at=at)
    parties = {
        cast.MAIN_BUYER: _party("buyer", "CG-0001", "梨城实验中学", "Licheng Experimental Middle School", regions["652801"], at),
        cast.SECOND_BUYER: _party("buyer", "CG-0002", "尉犁胡杨人民医院", "Yuli Huyang People's Hospital", regions["652823"], at),
        cast.MAIN_SUPPLIER: _party(
            "supplier", "GY-0001", "库尔勒天山办公科技有限公司", "Korla Tianshan Office Technology", regions["652801"], at
        ),
        cast.SECOND_SUPPLIER: _party("supplier", "GY-0002", "尉犁哈力克商贸有限公司", "Yuli Halik Trading", regions["652823"], at),
        cast.COUNTY_REGULATOR: _party("regulator", "JG-0001", "库尔勒市财政局", "Korla Finance Bureau", regions["652801"], at),
        cast.PREFECTURE_REGULATOR: _party("regulator", "JG-0000", "巴州财政局", "Bazhou Finance Bureau", regions["652800"], at),
        cast.OPERATOR: _party("operator", "YY-0001", "陽光採購雲运营中心", "Sunlit Operations", regions["652800"], at),
        cast.BANK: _party("bank", "YH-0001", "孔雀河银行", "Peacock River Bank", regions["652800"], at),
    }
    seats = {person.login: _seat(person, parties[person.organisation], at) for person in cast.PERSONAS}
    shop, corner, school, hospital = (parties[k] for k in (cast.MAIN_SUPPLIER, cast.SECOND_SUPPLIER, cast.MAIN_BUYER, cast.SECOND_BUYER))
    for supplier in (shop, corner):
        Supplier.objects.create(
            number=supplier.number, region_path=supplier.region.path, state="active", organisation=supplier, admitted_at=at
        )
    laptop, paper = _products(at)
    return Town(
        school=school,
        hospital=hospital,
        shop=shop,
        corner=corner,
        bureau=parties[cast.COUNTY_REGULATOR],
        prefecture=parties[cast.PREFECTURE_REGULATOR],
        platform=parties[cast.OPERATOR],
        actors={login: actor_in(seat) for login, seat in seats.items()},
        laptop=_offer(shop, laptop, "SP-1", "4999.00", 50, at),
        laptop_corner=_offer(corner, laptop, "SP-2", "4899.00", 5, at),
        paper=_offer(shop, paper, "SP-3", "128.50", 1000, at),
        quota=_quota(school, "ZB-2026-001", at),
        hospital_quota=_quota(hospital, "ZB-2026-002", at),
        address=Address.objects.create(
            organisation=school, region=regions["652801"], receiver="巴图那仁", phone="0996-0900001", text="孔雀河路1号", preferred=True
        ),
        title=InvoiceTitle.objects.create(organisation=school, title="梨城实验中学", tax_number=school.credit_code, preferred=True),
    )


def an_order(
    town: Town, *, key: str = "k1", offer: Offer | None = None, quantity: int = 1, by: Actor | None = None, at: datetime = NOON
) -> Order:
    """One order placed by Aygul (or `by`) for the paper (or `offer`), through the real service."""
    offer = offer or town.paper
    [order] = place(key=key, wishes=[Wish(offer.pk, quantity, offer.price)], terms=terms(town), by=by or town.aygul, at=at)
    return order


def terms(town: Town, **more: Any) -> Terms:
    address = {
        "receiver": "巴图那仁",
        "phone": "0996-0900001",
        "address": "孔雀河路1号",
        "region": "652801",
        "region_name": "库尔勒市",
        "region_path": "652800/652801",
    }
    title = {"title": "梨城实验中学", "tax_number": town.school.credit_code, "bank": "", "account": ""}
    return Terms(**{"quota_id": town.quota.pk, "delivery": address, "invoice_title": title, "purpose": "教学", **more})


def declare_size(town: Town, *, at: datetime = NOON, **more: Any) -> SizeDeclaration:
    """Chen declares the shop's figures: of a small enterprise, unless told otherwise."""
    figures: dict[str, Any] = {
        "year": at.year - 1,
        "industry": "RETAIL",
        "staff": 23,
        "revenue": "2990000",
        "assets": "900000",
        "truthful": True,
    }
    return registry.declare_size(Supplier.objects.get(organisation=town.shop), **{**figures, **more}, by=town.chen, at=at)


def in_cart(town: Town, offer: Offer, quantity: int = 1, *, by: Actor | None = None) -> CartLine:
    """A line in Aygul's (or `by`'s) cart at today's price."""
    by = by or town.aygul
    return CartLine.objects.create(
        user_id=by.person, buyer_id=by.party, offer=offer, quantity=quantity, price_seen=offer.price, added_at=NOON
    )


def _regions() -> dict[str, Region]:
    made: dict[str, Region] = {}
    for told in cast.REGIONS:
        if told.code in REGIONS:
            parent = made.get(told.parent)
            path = f"{parent.path}/{told.code}" if parent else told.code
            made[told.code] = Region.objects.create(
                code=told.code, name_zh=told.name_zh, name_en=told.name_en, parent=parent, path=path, level=told.level
            )
    return made


def _party(kind: str, number: str, name_zh: str, name_en: str, region: Region, at: datetime) -> Organisation:
    code = credit_code.make(int.from_bytes(number.encode()) % 10**9)
    return Organisation.objects.create(
        kind=kind, number=number, name_zh=name_zh, name_en=name_en, credit_code=code, region=region, created_at=at
    )


def _seat(person: Any, party: Organisation, at: datetime) -> Seat:
    user = User.objects.create(login=person.login, name_zh=person.name_zh, name_en=person.name_en, created_at=at, password="!")
    return Seat.objects.create(user=user, organisation=party, roles=list(person.roles))


def _products(at: datetime) -> tuple[Product, Product]:
    top = Category.objects.create(code="A", name_zh="货物", name_en="Goods", path="A", level=0, kind="goods", leaf=False)
    laptops = Category.objects.create(
        code="A02010108", name_zh="便携式计算机", name_en="Laptops", parent=top, path="A/A02010108", level=4, kind="goods", in_use=True
    )
    papers = Category.objects.create(
        code="A05040101", name_zh="复印纸", name_en="Copy paper", parent=top, path="A/A05040101", level=4, kind="goods", in_use=True
    )
    brand = Brand.objects.create(key="KONGQUE", name_zh="孔雀", name_en="Peacock")
    laptop = Product.objects.create(
        number="SPU-1",
        category=laptops,
        brand=brand,
        model="KQ-14",
        model_key="KQ14",
        name_zh="孔雀 KQ-14 便携式计算机",
        unit="台",
        attributes={"memory": "16"},
        created_at=at,
    )
    paper = Product.objects.create(
        number="SPU-2", category=papers, brand=brand, model="A4-70", model_key="A470", name_zh="孔雀 A4-70 复印纸", unit="箱", created_at=at
    )
    return laptop, paper


def _offer(supplier: Organisation, product: Product, number: str, price: str, stock: int, at: datetime) -> Offer:
    offer = Offer.objects.create(
        number=number,
        region_path=supplier.region.path,
        state="listed",
        supplier=supplier,
        product=product,
        sku_code=number,
        title=product.name_zh,
        price=Decimal(price),
        stock=stock,
        created_at=at,
        listed_at=at,
    )
    PriceChange.objects.create(offer=offer, price=offer.price, at=at)
    return offer


def _quota(buyer: Organisation, number: str, at: datetime) -> BudgetQuota:
    return BudgetQuota.objects.create(
        number=number, buyer=buyer, year=2026, name="办公设备购置", region_path=buyer.region.path, total=Decimal("100000.00"), created_at=at
    )
