"""Writing the demonstration region: reference data in bulk with its acts, purchases through the real services. One transaction: all or nothing."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.contrib.auth.hashers import make_password
from django.db import transaction

from sunlit.demo import cast
from sunlit.demo.listing import list_offers, load_goods, load_tree
from sunlit.demo.play import play
from sunlit.demo.shapes import SIZES_SINCE, Organisation, World, year_of_sizes
from sunlit.demo.shelf import codes_of
from sunlit.domain.catalog import services as catalog
from sunlit.domain.catalog.models import Offer
from sunlit.domain.planning import services as planning
from sunlit.domain.planning.models import BudgetQuota
from sunlit.domain.registry import services as registry
from sunlit.domain.registry.models import Supplier
from sunlit.domain.rulebook import services as rulebook
from sunlit.foundation.accounts import models as accounts
from sunlit.foundation.accounts import queries as known
from sunlit.foundation.accounts.actors import CLOCK, Actor, actor_in
from sunlit.foundation.accounts.services import pinyin_key
from sunlit.foundation.kernel.clock import start_of_day
from sunlit.foundation.ledger import services as ledger
from sunlit.foundation.lifecycle import move

PASSWORD = "sunlit-demo"  # noqa: S105 (the demonstration's own, told to everybody who tries it)
BEFORE = timedelta(days=400)  # when the region was set up
MAKERS = 6  # offers of large dealers whose small makers were declared
SMALL_MAKERS = ("孔雀河纸品厂", "博湖苇编制品厂", "塔里木文教用品厂")
PREFIXES = {"buyer": "CG", "supplier": "GY", "regulator": "JG", "operator": "YY", "bank": "YH"}

Progress = Callable[[str, int, int], None]
"""What is being done, how much of it is done, and how much there is."""


@dataclass
class Rows:
    """What was written, by its key in the plan."""

    regions: dict[str, accounts.Region] = field(default_factory=dict)
    parties: dict[str, accounts.Organisation] = field(default_factory=dict)
    actors: dict[str, Actor] = field(default_factory=dict)  # by login, and for the clock
    offers: dict[str, int] = field(default_factory=dict)
    quotas: dict[str, int] = field(default_factory=dict)

    def regulator_of(self, region: str) -> Actor:
        return next(actor for login, actor in self.actors.items() if actor.kind == "regulator" and actor.region_path.endswith(region))


def is_empty() -> bool:
    """True while nobody was set up: then the demonstration may be written."""
    return not accounts.Organisation.objects.exists()


@transaction.atomic
def write(world: World, progress: Progress) -> None:
    """Put the whole world into an empty database."""
    begin = world.at - BEFORE
    rows = Rows()
    progress("organisations", 0, len(world.organisations))
    regions(rows, world)
    known.forget()
    rulebook.load_pack(by=CLOCK, at=begin)
    organisations(rows, world, begin)
    people(rows, world, begin)
    record_organisations(rows, world, begin)
    _suppliers(rows, world)
    _sizes(rows, world)
    progress("organisations", len(world.organisations), len(world.organisations))
    progress("goods", 0, len(world.products))
    categories = load_tree(by=rows.actors[cast.HE.login], at=begin)
    products = load_goods(world, categories)
    progress("goods", len(world.products), len(world.products))
    _quotas(rows, world, begin)
    rows.offers = list_offers(world, products, rows, progress)
    _makers(rows, world)
    play(world, rows, progress)


def number_of(party: Organisation) -> str:
    """The number that people see: CG-0001 for the first buyer, JG-652801 for the regulator of Korla."""
    tail = party.key.rpartition("-")[2]
    return f"{PREFIXES[party.kind]}-{tail if tail.isdigit() else '0001'}"


def regions(rows: Rows, world: World) -> None:
    """The divisions of the one net."""
    for told in world.regions:
        parent = rows.regions.get(told.parent)
        path = f"{parent.path}/{told.code}" if parent else told.code
        values = {"name_zh": told.name_zh, "name_en": told.name_en, "parent": parent, "path": path, "level": told.level}
        rows.regions[told.code], _new = accounts.Region.objects.get_or_create(code=told.code, defaults=values)


def organisations(rows: Rows, world: World, begin: datetime) -> None:
    """Every party, with the addresses and invoice titles of the buyers."""
    made = accounts.Organisation.objects.bulk_create([_organisation(rows, party, begin) for party in world.organisations])
    rows.parties = {party.key: row for party, row in zip(world.organisations, made, strict=True)}
    buyers = [(party, rows.parties[party.key]) for party in world.organisations if party.kind == "buyer"]
    keepers = {person.organisation: person for person in world.people if "receiver" in person.roles}
    accounts.Address.objects.bulk_create(
        accounts.Address(
            organisation=row,
            region=row.region,
            receiver=keepers[party.key].name_zh,
            phone=keepers[party.key].phone or party.phone,
            text=party.address,
            preferred=True,
        )
        for party, row in buyers
    )
    accounts.InvoiceTitle.objects.bulk_create(
        accounts.InvoiceTitle(
            organisation=row, title=row.name_zh, tax_number=row.credit_code, bank="梨花渡银行", account=f"6528{index:012d}", preferred=True
        )
        for index, (_party, row) in enumerate(buyers, 1)
    )


def _organisation(rows: Rows, party: Organisation, begin: datetime) -> accounts.Organisation:
    return accounts.Organisation(
        number=number_of(party),
        kind=party.kind,
        name_zh=party.name_zh,
        name_en=party.name_en,
        name_key=pinyin_key(party.name_zh),
        credit_code=party.credit_code,
        region=rows.regions[party.region],
        phone=party.phone,
        address=party.address,
        approval_limit=party.approval_limit,
        created_at=party.since or begin,
    )


def people(rows: Rows, world: World, begin: datetime) -> None:
    """Everybody may sign in with the demonstration's password; it is hashed once, for it is no secret."""
    password = make_password(PASSWORD)
    users = accounts.User.objects.bulk_create(
        accounts.User(
            login=person.login,
            name_zh=person.name_zh,
            name_en=person.name_en,
            phone=person.phone,
            email=f"{person.login}@sunlit.example",
            password=password,
            created_at=begin,
        )
        for person in world.people
    )
    seats = accounts.Seat.objects.bulk_create(
        accounts.Seat(user=user, organisation=rows.parties[person.organisation], roles=list(person.roles))
        for person, user in zip(world.people, users, strict=True)
    )
    rows.actors = {person.login: actor_in(seat) for person, seat in zip(world.people, seats, strict=True)} | {"clock": CLOCK}


def record_organisations(rows: Rows, world: World, begin: datetime) -> None:
    """That the operator set them up, each by an act of its own."""
    by = rows.actors[cast.HE.login]
    ledger.record_many(
        [
            ledger.Deed(
                act="organisation.set_up",
                subject=f"organisation/{row.number}",
                by=by,
                at=row.created_at if row.kind == "supplier" else begin,
                facts={
                    "number": row.number,
                    "name": row.name_zh,
                    "kind": row.kind,
                    "actor": by.user_name,
                    "organisation": by.organisation_name,
                },
                region=row.region.path,
            )
            for row in rows.parties.values()
        ]
    )


def _suppliers(rows: Rows, world: World) -> None:
    """Every shop was admitted by the regulator of its region."""
    for party in sorted(world.of_kind("supplier"), key=lambda it: (it.since or world.at, it.key)):
        row, at = rows.parties[party.key], party.since or world.at
        supplier = Supplier(
            number=row.number,
            region_path=row.region.path,
            organisation=row,
            category_codes=list(codes_of(party.families)),
            staff=party.staff,
            admitted_at=at,
        )
        move(supplier, "admit", by=rows.regulator_of(party.region), at=at)


def _sizes(rows: Rows, world: World) -> None:
    """The shops declare the figures of their last full year: what they claim by their size rests on them. A few never did."""
    at, year = world.at - SIZES_SINCE, year_of_sizes(world.at)
    told = {rows.parties[party.key].pk: party for party in world.of_kind("supplier") if party.declares}
    admins = {actor.organisation_id: actor for actor in rows.actors.values() if actor.kind == "supplier" and actor.has("admin")}
    for supplier in Supplier.objects.filter(organisation__in=told).order_by("pk"):
        party, by = told[supplier.organisation_id], admins[supplier.organisation_id]
        registry.declare_size(supplier, year=year, **party.figures, truthful=True, by=by, at=at)


def _makers(rows: Rows, world: World) -> None:
    """Large dealers declare the small makers of a few of their goods: these carry the tags that the dealers' own size denies."""
    large = {rows.parties[party.key].pk for party in world.of_kind("supplier") if party.counts_as == "large"}
    admins = {actor.organisation_id: actor for actor in rows.actors.values() if actor.kind == "supplier" and actor.has("admin")}
    goods = Offer.objects.filter(supplier__in=large, state="listed", product__category__kind="goods").select_related("product__category")
    for index, offer in enumerate(goods.order_by("pk")[:MAKERS]):
        figures = {"industry": "INDUSTRY", "staff": 36 + index, "revenue": 6_800_000 + 100_000 * index, "assets": 3_500_000}
        at = min((offer.listed_at or world.at) + timedelta(days=1), world.at)
        told: dict[str, Any] = {"maker": SMALL_MAKERS[index % len(SMALL_MAKERS)], "year": year_of_sizes(world.at), **figures}
        catalog.declare_maker(offer, **told, truthful=True, by=admins[offer.supplier_id], at=at)


def _quotas(rows: Rows, world: World, begin: datetime) -> None:
    """The quotas of each year are brought in by file, as the finance bureau does."""
    by = rows.actors[cast.ZHENG.login]
    numbers: dict[str, str] = {}
    for year in sorted({budget.year for budget in world.budgets}):
        told: list[Mapping[str, str]] = []
        for index, budget in enumerate((it for it in world.budgets if it.year == year), 1):
            numbers[budget.key] = f"ZB-{year}-{index:04d}"
            told.append(
                {
                    "number": numbers[budget.key],
                    "buyer": rows.parties[budget.buyer].number,
                    "year": str(year),
                    "name": budget.name,
                    "project": "公用经费" if budget.economic_category.startswith("302") else "设备购置专项",
                    "economic_category": budget.economic_category,
                    "total": str(budget.total),
                }
            )
        new_year = start_of_day(world.at.date().replace(year=year, month=1, day=1)) + timedelta(hours=58)
        planning.import_quotas(told, by=by, at=max(begin, min(new_year, world.at)))
    ids = dict(BudgetQuota.objects.values_list("number", "pk"))
    rows.quotas = {key: ids[number] for key, number in numbers.items()}
