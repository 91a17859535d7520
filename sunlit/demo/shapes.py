"""What the demonstration is made of, as plain frozen values: no database, no clock."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

SIZES_SINCE = timedelta(days=380)  # when the shops declared their size: before the first order of the year


SIZES_YEARS = 2  # how long the figures count, as the rulebook's row says; a test holds both together


def year_of_sizes(at: datetime) -> int:
    """Whose figures the shops declared: they still count on the day of the demonstration."""
    return (at - SIZES_SINCE).year - 1


def sizes_until(at: datetime) -> date:
    """The last day on which they do."""
    return date(year_of_sizes(at) + SIZES_YEARS, 12, 31)


@dataclass(frozen=True)
class Region:
    code: str
    parent: str
    name_zh: str
    name_en: str
    level: str  # prefecture, city, county, zone


@dataclass(frozen=True)
class Organisation:
    """A party of any kind. `key` names it inside the demonstration; `families` are the goods it deals in."""

    key: str
    kind: str  # buyer, supplier, regulator, operator, bank
    name_zh: str
    name_en: str
    credit_code: str
    region: str
    address: str
    phone: str
    families: tuple[str, ...] = ()
    staff: int = 0
    approval_limit: Decimal | None = None
    welfare: str = ""  # disabled_welfare_unit or prison_enterprise
    declares: bool = True  # a shop that never declared its size
    since: datetime | None = None

    @property
    def size(self) -> str:
        """micro, small, medium or large, as retail counts its staff (工信部联企业〔2011〕300号)."""
        return "micro" if self.staff < 10 else "small" if self.staff < 50 else "medium" if self.staff < 300 else "large"

    @property
    def counts_as(self) -> str:
        """What the policies take it for; "" where nobody knows its size (财库〔2020〕46号)."""
        return "" if not self.declares else "small" if self.welfare and self.size in ("medium", "large") else self.size

    @property
    def sized_tags(self) -> tuple[str, ...]:
        """What its offers may claim by its size."""
        small, sme = self.counts_as in ("micro", "small"), self.counts_as in ("micro", "small", "medium")
        return (*(["small_micro"] if small else []), *(["sme"] if sme else []), *([self.welfare] if self.welfare else []))

    @property
    def figures(self) -> dict[str, Any]:
        """What it declares of itself for its size to be proven: the turnover of a shop of this staff."""
        return {
            "industry": "RETAIL",
            "staff": self.staff,
            "revenue": f"{self.staff * (700_000 if self.size == 'large' else 130_000)}.00",
            "assets": f"{self.staff * 40_000}.00",
            "prison_proof": f"证明-{self.key[-4:]}" if self.welfare == "prison_enterprise" else "",
            "disabled_staff": max(10, -(-self.staff // 4)) if self.welfare == "disabled_welfare_unit" else 0,
        }


@dataclass(frozen=True)
class Person:
    login: str
    name_zh: str
    name_en: str
    organisation: str
    roles: tuple[str, ...]
    title_zh: str = ""
    title_en: str = ""
    phone: str = ""
    persona: bool = False  # one of the cast that tests, docs and pictures share


@dataclass(frozen=True)
class Brand:
    key: str
    name_zh: str
    name_en: str
    family: str


@dataclass(frozen=True)
class Product:
    key: str
    category: str
    family: str
    brand: str
    model: str
    name_zh: str
    name_en: str
    unit: str
    attributes: Mapping[str, str]
    price: Decimal  # the middle of its market
    launched: datetime


@dataclass(frozen=True)
class ReferencePrice:
    product: str
    source: str
    price: Decimal
    captured_at: datetime


@dataclass(frozen=True)
class PolicyTag:
    tag: str
    certificate: str = ""
    expires_on: date | None = None


@dataclass(frozen=True)
class PricePoint:
    at: datetime
    price: Decimal


@dataclass(frozen=True)
class Offer:
    """One supplier's offer of one product; `prices` is its history, the last of them is valid now."""

    key: str
    product: str
    supplier: str
    sku_code: str
    title: str
    stock: int
    delivery_days: int
    delivery_regions: tuple[str, ...]
    warranty_months: int
    state: str
    reason: str
    created_at: datetime
    prices: tuple[PricePoint, ...]
    tags: tuple[PolicyTag, ...]

    @property
    def price(self) -> Decimal:
        return self.prices[-1].price

    def price_at(self, at: datetime) -> Decimal:
        """What it cost at that time."""
        return next((point.price for point in reversed(self.prices) if point.at <= at), self.prices[0].price)


@dataclass(frozen=True)
class Budget:
    key: str
    buyer: str
    year: int
    name: str
    economic_category: str
    total: Decimal


@dataclass(frozen=True)
class Step:
    """One verb of an order's life, by whom (a login, or "clock") and with what."""

    verb: str
    at: datetime
    by: str
    facts: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True)
class OrderPlan:
    """An order as it is to be played through the real services. The first step places it."""

    key: str
    buyer: str
    supplier: str
    orderer: str
    budget: str
    lines: tuple[tuple[str, int], ...]  # offer key, quantity
    total: Decimal
    purpose: str
    note: str
    state: str  # where it stands at the end
    steps: tuple[Step, ...]


@dataclass(frozen=True)
class Application:
    """A company that is not admitted, and what became of its wish."""

    key: str
    applicant: Person
    name_zh: str
    name_en: str
    credit_code: str
    region: str
    legal_representative: str
    contact: str
    phone: str
    address: str
    staff: int
    categories: tuple[str, ...]
    state: str  # draft, submitted, returned, refused, withdrawn
    begun_at: datetime
    submitted_at: datetime | None
    decided_at: datetime | None
    reason: str


@dataclass(frozen=True)
class World:
    """Everything, as it stands at `at`."""

    at: datetime
    seed: int
    scale: int
    regions: tuple[Region, ...]
    organisations: tuple[Organisation, ...]
    people: tuple[Person, ...]
    brands: tuple[Brand, ...]
    products: tuple[Product, ...]
    references: tuple[ReferencePrice, ...]
    offers: tuple[Offer, ...]
    budgets: tuple[Budget, ...]
    orders: tuple[OrderPlan, ...]
    applications: tuple[Application, ...]

    def of_kind(self, kind: str) -> tuple[Organisation, ...]:
        return tuple(it for it in self.organisations if it.kind == kind)
