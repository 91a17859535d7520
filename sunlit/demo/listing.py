"""Filling the shelves in bulk: the compact tree, brands, products, reference prices, and offers with their histories, tags and acts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from sunlit.demo import shelf
from sunlit.demo.shapes import Offer as OfferPlan
from sunlit.demo.shapes import World
from sunlit.domain.catalog.models import Brand, Category, Offer, PolicyTag, PriceChange, Product, ReferencePrice
from sunlit.domain.catalog.queries import key_of
from sunlit.domain.catalog.services.loading import load_compact
from sunlit.domain.rulebook import queries as rulebook
from sunlit.foundation.accounts.actors import Actor
from sunlit.foundation.accounts.models import Organisation
from sunlit.foundation.kernel.clock import local_day
from sunlit.foundation.kernel.numbering import new_number
from sunlit.foundation.ledger import services as ledger
from sunlit.foundation.lifecycle import row_digest

if TYPE_CHECKING:
    from sunlit.demo.write import Progress, Rows

BATCH = 1_000
# How an offer came to stand where it stands: the last act, and whether the shop or its regulator did it.
LAST_ACTS = {
    "listed": ("approve", "regulator"), "review": ("enter", "supplier"), "refused": ("refuse", "regulator"), "frozen": ("freeze", "regulator"),
    "unfreeze_review": ("appeal", "supplier"), "delisted": ("delist", "supplier"), "draft": ("draft", "supplier"),
}  # fmt: skip
RECENT = {
    "frozen": timedelta(days=1),
    "unfreeze_review": timedelta(hours=20),
    "delisted": timedelta(days=12),
    "refused": timedelta(hours=3),
}


@dataclass(frozen=True)
class Listed:
    """An offer's row, with who did its last act and when."""

    row: Offer
    act: str
    by: Actor
    at: datetime


def load_tree(*, by: Actor, at: datetime) -> dict[str, Category]:
    """The project's compact tree with its templates; where the full catalogue is there already, it only gets what it lacks."""
    load_compact(by=by, at=at)
    return {category.code: category for category in Category.objects.all()}


def load_goods(world: World, categories: Mapping[str, Category]) -> dict[str, Product]:
    """Brands, products and what they cost elsewhere."""
    brands = brands_by_name((brand.name_zh, brand.name_en) for brand in world.brands)
    by_key = {brand.key: brands[brand.name_zh] for brand in world.brands}
    made = Product.objects.bulk_create(
        [
            Product(
                number=new_number("SP", told.launched),
                category=categories[told.category],
                brand=by_key[told.brand],
                model=told.model,
                model_key=key_of(told.model),
                name_zh=told.name_zh,
                name_en=told.name_en,
                unit=told.unit,
                attributes=dict(told.attributes),
                created_at=told.launched,
            )
            for told in world.products
        ],
        batch_size=BATCH,
    )
    products = {told.key: row for told, row in zip(world.products, made, strict=True)}
    ReferencePrice.objects.bulk_create(
        [
            ReferencePrice(product=products[told.product], source=told.source, price=told.price, captured_at=told.captured_at)
            for told in world.references
        ],
        batch_size=BATCH,
    )
    return products


def brands_by_name(names: Iterable[tuple[str, str]]) -> dict[str, Brand]:
    """The brands, made where they are missing, by each way in which their Chinese name is written."""
    written = dict(names)
    wanted = {key_of(zh): (zh, en) for zh, en in written.items()}
    Brand.objects.bulk_create([Brand(key=key, name_zh=zh, name_en=en) for key, (zh, en) in wanted.items()], ignore_conflicts=True)
    rows = {brand.key: brand for brand in Brand.objects.filter(key__in=wanted)}
    return {zh: rows[key_of(zh)] for zh in written}


def list_offers(world: World, products: Mapping[str, Product], rows: Rows, progress: Progress) -> dict[str, int]:
    """Every offer as it stands, with its history and the act that brought it there; returns their ids by key."""
    sellers = {
        party.key: next(a for a in rows.actors.values() if a.organisation_id == rows.parties[party.key].pk and a.has("catalog"))
        for party in world.of_kind("supplier")
    }
    judges = {party.key: rows.regulator_of(party.region) for party in world.of_kind("supplier")}
    ids: dict[str, int] = {}
    for first in range(0, len(world.offers), BATCH):
        part = world.offers[first : first + BATCH]
        listed = [
            _listed(told, products[told.product], rows.parties[told.supplier], sellers[told.supplier], judges[told.supplier], world.at)
            for told in part
        ]
        keep(listed)
        keep_terms([(it.row, told) for it, told in zip(listed, part, strict=True)])
        ids.update({told.key: it.row.pk for told, it in zip(part, listed, strict=True)})
        progress("offers", first + len(part), len(world.offers))
    return ids


def _listed(told: OfferPlan, product: Product, supplier: Organisation, seller: Actor, judge: Actor, now: datetime) -> Listed:
    verb, whose = LAST_ACTS[told.state]
    submitted = None if told.state == "draft" else told.created_at + timedelta(minutes=25)
    listed = None if told.state in shelf.NEVER_LISTED else told.created_at + timedelta(hours=20)
    at = now - RECENT[told.state] if told.state in RECENT else listed or submitted or told.created_at
    path = supplier.region.path
    row = Offer(
        number=new_number("SK", told.created_at),
        region_path=path,
        state=told.state,
        version=1,
        supplier=supplier,
        product=product,
        sku_code=told.sku_code,
        title=told.title,
        price=told.price,
        price_changed_at=told.prices[-1].at if len(told.prices) > 1 else None,
        stock=told.stock,
        delivery_days=told.delivery_days,
        delivery_regions=list(told.delivery_regions),
        warranty_months=told.warranty_months,
        created_at=told.created_at,
        submitted_at=submitted,
        review_until=_review_until(told, path, now) if told.state in ("review", "unfreeze_review") else None,
        listed_at=min(listed, now) if listed else None,
        reason=told.reason,
    )
    return Listed(row, verb, seller if whose == "supplier" else judge, min(at, now))


def _review_until(told: OfferPlan, region_path: str, now: datetime) -> datetime:
    start = told.created_at if told.state == "review" else now - RECENT[told.state]
    return rulebook.deadline("listing.review_limit", start=start, region_path=region_path, on=local_day(start))


def keep(listed: Sequence[Listed]) -> None:
    """Write the offers and, for each, the act that brought it where it stands, as `lifecycle.move` would have left it."""
    Offer.objects.bulk_create([it.row for it in listed])
    ledger.record_many(
        [
            ledger.Deed(
                act=f"offer.{it.act}", subject=f"offer/{it.row.number}", by=it.by, at=it.at, facts=_facts(it), region=it.row.region_path
            )
            for it in sorted(listed, key=lambda it: it.at)
        ]
    )


def _facts(it: Listed) -> dict[str, Any]:
    told = {
        "number": it.row.number,
        "actor": it.by.user_name,
        "organisation": it.by.organisation_name,
        "state": it.row.state,
        "row": row_digest(it.row),
    }
    return {**told, "reason": it.row.reason} if it.row.reason else told


def keep_terms(pairs: Sequence[tuple[Offer, OfferPlan]]) -> None:
    """Histories of prices and policy tags."""
    PriceChange.objects.bulk_create(
        [PriceChange(offer=row, price=point.price, at=point.at) for row, told in pairs for point in told.prices], batch_size=BATCH
    )
    PolicyTag.objects.bulk_create(
        [
            PolicyTag(offer=row, tag=tag.tag, certificate=tag.certificate, expires_on=tag.expires_on)
            for row, told in pairs
            for tag in told.tags
        ],
        batch_size=BATCH,
    )
