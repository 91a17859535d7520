"""What becomes of a row: new, revised, updated, unchanged, or kept out with its problems. Decides; writes nothing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from sunlit.domain.catalog import states
from sunlit.domain.catalog.models import Offer, Product
from sunlit.domain.catalog.rules import discipline as price
from sunlit.domain.catalog.rules.discipline import Discipline
from sunlit.domain.catalog.rules.matching import has_its_barcode
from sunlit.domain.catalog.rules.reading import SIZED, Claim, Listing, is_complete, rests_on_making, rests_on_size
from sunlit.domain.catalog.services.gathering import Around, ProductKey, Row
from sunlit.domain.rulebook.queries import Ruling
from sunlit.foundation.kernel.clock import local_day
from sunlit.foundation.kernel.refusals import Problem

TERMS = ("price", "stock", "quantity_most", "delivery_days", "delivery_regions")
CONTENT = ("title", "detail", "warranty_months")


class Fate(StrEnum):
    """What happens to a row."""

    NEW = "new"
    REVISED = "revised"
    UPDATED = "updated"
    UNCHANGED = "unchanged"
    KEPT_OUT = "kept_out"


@dataclass(frozen=True)
class Decision:
    """A row, its fate, and why."""

    row: Row
    fate: Fate
    offer: Offer | None = None
    problems: tuple[Problem, ...] = ()
    rulings: tuple[Ruling, ...] = ()


@dataclass
class Seen:
    """What earlier rows of the same file said: no SKU code and no product twice."""

    skus: dict[str, int] = field(default_factory=dict)
    products: dict[ProductKey, str] = field(default_factory=dict)
    known: dict[int, str] = field(default_factory=dict)  # by the product's id: two spellings may mean one product

    def note(self, row: Row, product: Product | None = None) -> None:
        self.skus.setdefault(row.listing.sku_code, row.position)
        self.products.setdefault(row.product_key, row.listing.sku_code)
        if product is not None:
            self.known.setdefault(product.pk, row.listing.sku_code)


def decide(row: Row, near: Around, book: Discipline, seen: Seen, at: datetime) -> Decision:
    """The fate of one row."""
    offer, product = near.mine.get(row.listing.sku_code), near.products.get(row.product_key)
    twice = tuple(_is_there_once(row, near, seen, product))
    if twice:
        return Decision(row, Fate.KEPT_OUT, offer, twice)
    fate = _fate(row, offer, product, near)
    if fate is Fate.UNCHANGED:
        return Decision(row, fate, offer)
    if offer is not None and offer.state in (states.FROZEN, states.UNFREEZE_REVIEW):
        told = {"number": offer.number, "state": states.offer.states[offer.state]}
        return Decision(row, Fate.KEPT_OUT, offer, (Problem(price.NOT_NOW, told, on="sku_code"),))
    rulings = tuple(rulings_on(row, near, book, at, offer=offer))
    problems = [*price_problems(rulings)]
    if fate is not Fate.UPDATED:
        problems += content_problems(row, near, at)
    return Decision(row, Fate.KEPT_OUT if problems else fate, offer, tuple(problems), rulings)


def rulings_on(row: Row, near: Around, book: Discipline, at: datetime, *, offer: Offer | None) -> Iterator[Ruling]:
    """Every ruling on what the listing says and costs."""
    listing, product = row.listing, near.products.get(row.product_key)
    yield from price.has_no_banned_word(book, listing.title, listing.detail)
    yield from price.is_not_above_reference(book, listing.price, near.references.get(product.pk, ()) if product else (), at)
    if offer is not None:
        yield from price.is_not_raised_too_soon(book, offer.price, offer.price_changed_at, listing.price, at)


def price_problems(rulings: tuple[Ruling, ...] | list[Ruling]) -> Iterator[Problem]:
    """What the rulings refuse, at the field that they speak of."""
    for ruling in rulings:
        yield from price.refusals([ruling], on="title" if ruling.key.startswith("listing.") else "price")


def content_problems(row: Row, near: Around, at: datetime) -> Iterator[Problem]:
    """What is incomplete, or differs from the product on which others' offers hang too."""
    product = near.products.get(row.product_key)
    merged = attributes_of(row, product, near)
    yield from is_complete(merged, row.listing.claims, row.template, local_day(at))
    yield from rests_on_size(row.listing.claims, near.carried(row.listing.sku_code))
    yield from rests_on_making(row.listing.claims, near.making(row.listing.sku_code), kind=row.category.kind)
    if product is not None and product.pk in near.shared:
        yield from price.agrees_with_product(row.listing, product.attributes, row.template)
        yield from has_its_barcode(product.gtin, row.listing.gtin)


def attributes_of(row: Row, product: Product | None, near: Around) -> dict[str, str]:
    """The product's parameters with what this row adds. Alone on a product, a supplier may correct it; else only fill the template's gaps."""
    given = dict(row.listing.attributes)
    if product is None:
        return given
    if product.pk not in near.shared:
        return {**product.attributes, **given}
    known = {line.key for line in row.template}
    return {**{key: value for key, value in given.items() if key in known}, **product.attributes}


def product_changes(row: Row, product: Product, near: Around) -> dict[str, Any]:
    """What this row changes in its product."""
    told: dict[str, Any] = {"attributes": attributes_of(row, product, near)}
    if product.pk not in near.shared:
        told |= {"name_zh": row.listing.title, "name_en": row.listing.title_en or product.name_en, "unit": row.listing.unit or product.unit}
    if row.listing.gtin and (not product.gtin or product.pk not in near.shared):
        told["gtin"] = row.listing.gtin
    return {name: value for name, value in told.items() if getattr(product, name) != value}


def offer_fields(listing: Listing) -> dict[str, Any]:
    """The columns of an offer that the listing sets."""
    told: dict[str, Any] = {name: getattr(listing, name) for name in (*TERMS, *CONTENT)}
    return told | {"delivery_regions": list(listing.delivery_regions)}


def claims_of(offer: Offer) -> tuple[Claim, ...]:
    """The policy tags of an offer as they were claimed; how long a size counts is not part of the claim. Give it an offer with tags."""
    return tuple(
        sorted(
            (Claim(tag.tag, tag.certificate, None if tag.tag in SIZED else tag.expires_on) for tag in offer.tags.all()),
            key=lambda claim: claim.tag,
        )
    )


def _is_there_once(row: Row, near: Around, seen: Seen, product: Product | None) -> Iterator[Problem]:
    """One SKU code, one row; one product, one living offer of a supplier."""
    sku = row.listing.sku_code
    if seen.skus.get(sku, row.position) != row.position:
        yield Problem(price.SKU_TWICE, {"sku": sku, "row": seen.skus[sku]}, on="sku_code")
        return
    other = seen.products.get(row.product_key) or (seen.known.get(product.pk) or near.living.get(product.pk) if product else None)
    if other is not None and other != sku:
        yield Problem(price.LISTED_TWICE, {"sku": other}, on="model")


def _fate(row: Row, offer: Offer | None, product: Product | None, near: Around) -> Fate:
    if offer is None:
        return Fate.NEW
    changed = {name for name, value in offer_fields(row.listing).items() if getattr(offer, name) != value}
    content = changed.intersection(CONTENT) or claims_of(offer) != row.listing.claims
    moved = product is None or product.pk != offer.product_id or bool(product_changes(row, product, near))
    if content or moved:
        return Fate.REVISED
    if not changed:
        return Fate.UNCHANGED if offer.state != states.DRAFT else Fate.REVISED
    return Fate.UPDATED if offer.state == states.LISTED else Fate.REVISED


def fates(decisions: list[Decision]) -> Mapping[Fate, list[Decision]]:
    """The decisions by their fate."""
    found: dict[Fate, list[Decision]] = {fate: [] for fate in Fate}
    for decision in decisions:
        found[decision.fate].append(decision)
    return found
