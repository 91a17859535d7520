"""The page of a product: its parameters in words, all offers side by side, prices over time, what is like it and cheaper."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from sunlit.domain.catalog.models import Category, Offer, Product
from sunlit.domain.catalog.queries.categories import tree
from sunlit.domain.catalog.queries.comparing import Similar, cheaper_alike, content, on_sale
from sunlit.domain.catalog.queries.history import History, history_of
from sunlit.domain.catalog.queries.merged import followed, numbers_of
from sunlit.domain.catalog.queries.offers import medians, reference_prices
from sunlit.domain.catalog.queries.specs import SpecGroup, specs_of
from sunlit.domain.catalog.rules.comparing import Content
from sunlit.domain.catalog.rules.discipline import Reference, discipline_of, formed
from sunlit.foundation.kernel.clock import local_day
from sunlit.foundation.kernel.regions import ROOT

OFFERS_MOST = 100


@dataclass(frozen=True)
class ProductPage:
    """Everything that a product page shows. `offers` are on sale by active suppliers, the cheapest first; `more` when there are others, dearer."""

    product: Product
    numbers: list[str]  # its own, then those of products that were merged into it
    line: list[Category]
    offers: list[Offer]
    more: bool
    specs: list[SpecGroup]
    content: Content | None
    history: History
    references: list[Reference]
    reference: Decimal | None
    median: Decimal | None
    similar: list[Similar]

    @property
    def lowest(self) -> Decimal | None:
        return self.offers[0].price if self.offers else None


def product(number: str, *, at: datetime, region_path: str = ROOT) -> ProductPage | None:
    """The page of the product that this number leads to, or None; a fixed number of queries."""
    found = followed(number).select_related("category", "brand", "image", "split_from").first()
    if found is None:
        return None
    listed = on_sale([found.pk]).select_related("supplier__region", "supplier__supplier").prefetch_related("tags", "images")
    offers = list(listed[: OFFERS_MOST + 1])
    sources = reference_prices([found.pk], at=at).get(found.pk, [])
    formula = discipline_of(region_path, local_day(at)).formula.choice
    return ProductPage(
        product=found,
        numbers=numbers_of(found),
        line=tree().line(found.category.code),
        offers=offers[:OFFERS_MOST],
        more=len(offers) > OFFERS_MOST,
        specs=specs_of(found),
        content=content(found),
        history=history_of(offers[:OFFERS_MOST], at=at),
        references=sorted(sources, key=lambda each: (each.price, each.source)),
        reference=formed(formula, [each.price for each in sources]) if sources else None,
        median=medians([found.pk]).get(found.pk),
        similar=cheaper_alike(found, offers[0].price) if offers else [],
    )
