"""A small market for programs: buyers with money, suppliers with goods, all set up through the real services, so that every row has its act."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

BUYERS, SUPPLIERS, OFFERS = 6, 4, 12  # offers a supplier
STOCK = 1_000_000
QUOTA = "900000000.00"
LOST_ANSWER = Decimal("0.17")  # the sandbox bank carries such an amount out, and its answer gets lost


@dataclass(frozen=True)
class Buyer:
    """A buyer's keys, by what each person does, and what its orders need."""

    number: str
    quota: str
    address: int
    title: int
    orderer: str
    receiver: str
    finance: str


@dataclass(frozen=True)
class Shelf:
    """One offer on sale: its supplier's key with it."""

    offer: str
    price: str
    supplier: str
    key: str


@dataclass(frozen=True)
class Market:
    buyers: list[Buyer]
    shelves: list[Shelf]


def found(at: datetime) -> Market:
    """Found the market in an empty installation."""
    from sunlit.domain.rulebook import services as rulebook
    from sunlit.foundation.accounts.actors import CLOCK, actor_in
    from sunlit.foundation.accounts.models import Organisation, Region, Seat, User

    region = Region.objects.create(code="652800", name_zh="巴音郭楞蒙古自治州", name_en="Bayingolin", path="652800", level="prefecture")
    city = Region.objects.create(code="652801", name_zh="库尔勒市", name_en="Korla", path="652800/652801", parent=region)
    rulebook.load_pack(by=CLOCK, at=at)

    def seat(kind: str, number: str, *roles: str) -> Any:
        title = {"name_zh": number, "name_key": number, "region": city, "approval_limit": Decimal(1_000_000), "created_at": at}
        party, _new = Organisation.objects.get_or_create(number=number, kind=kind, defaults=title)
        login = f"{number}-{roles[0]}".lower()
        person = User.objects.create(login=login, name_zh=login, created_at=at, password="!")  # noqa: S106
        made = Seat.objects.create(user=person, organisation=party, roles=list(roles))
        return actor_in(Seat.objects.select_related("user", "organisation__region").get(pk=made.pk))

    officer = seat("regulator", "JG-1", "officer")
    shelves = [
        shelf
        for n in range(SUPPLIERS)
        for shelf in _supplier(seat("supplier", f"GY-{n}", "sales", "catalog", "admin"), n, officer, city, at)
    ]
    return Market([_buyer(n, seat, officer, city, at) for n in range(BUYERS)], shelves)


def _buyer(n: int, seat: Any, officer: Any, city: Any, at: datetime) -> Buyer:
    from sunlit.domain.planning import services as planning
    from sunlit.foundation.accounts import services as accounts
    from sunlit.foundation.kernel.clock import local_day

    number = f"CG-{n}"
    people = {role: seat("buyer", number, role, "admin") for role in ("orderer", "receiver", "finance")}
    by = people["orderer"]
    row = {
        "number": f"ZB-{n}",
        "buyer": number,
        "year": str(local_day(at).year),
        "name": "办公",
        "economic_category": "30201",
        "total": QUOTA,
    }
    planning.import_quotas([row], by=officer, at=at)
    address = accounts.add_address(receiver="收货人", phone="0996-1", text="孔雀河路1号", region=city, preferred=True, by=by, at=at)
    title = accounts.add_invoice_title(title=number, tax_number="12650000000000000X", preferred=True, by=by, at=at)
    keys = {
        role: accounts.issue_token(name=role, scopes=["orders:read", "orders:write"], by=actor, at=at)[1] for role, actor in people.items()
    }
    return Buyer(number=number, quota=row["number"], address=address.pk, title=title.pk, **keys)


def _supplier(by: Any, n: int, officer: Any, city: Any, at: datetime) -> list[Shelf]:
    """The supplier is admitted, enters its goods in one batch, and the regulator lists them."""
    from sunlit.domain.catalog import queries as catalog
    from sunlit.domain.catalog import services as goods
    from sunlit.domain.catalog.models import Category, Offer
    from sunlit.domain.registry.models import Supplier
    from sunlit.foundation.accounts import services as accounts
    from sunlit.foundation.lifecycle import move

    top, _new = Category.objects.get_or_create(
        code="A", defaults={"name_zh": "货物", "path": "A", "level": 0, "kind": "goods", "leaf": False}
    )
    leaf = {"name_zh": "复印纸", "path": "A/A05040101", "level": 4, "kind": "goods", "parent": top, "in_use": True}
    Category.objects.get_or_create(code="A05040101", defaults=leaf)
    catalog.forget()
    standing = Supplier(number=by.organisation_number, region_path=city.path, organisation_id=by.party, admitted_at=at)
    move(standing, "admit", by=officer, at=at)
    raws = [_row(n, k) for k in range(OFFERS)]
    results = goods.upsert_offers(raws, by=by, at=at)
    assert all(result.fate == "new" for result in results), results
    goods.approve_offers([result.number for result in results], by=officer, at=at)
    _token, key = accounts.issue_token(name="ERP", scopes=["orders:read", "orders:write"], by=by, at=at)
    listed = Offer.objects.filter(supplier_id=by.party, state="listed").order_by("pk")
    assert listed.count() == OFFERS, "an offer was not listed"
    return [Shelf(offer.number, str(offer.price), by.organisation_number, key) for offer in listed]


def _row(n: int, k: int) -> dict[str, Any]:
    """One in six has a price at which the sandbox bank loses its answer."""
    price = Decimal(100 + k) + (LOST_ANSWER if k % 6 == 0 else 0)
    name = f"孔雀 P{n}{k:02} 复印纸"
    return {
        "sku_code": f"S{n}-{k}",
        "category": "A05040101",
        "title": name,
        "brand": "孔雀",
        "model": f"P{n}{k:02}",
        "price": f"{price:.2f}",
        "stock": STOCK,
    }
