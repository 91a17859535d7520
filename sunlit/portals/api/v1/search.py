"""The search of the library, for programs: the same question, order and counts as on the page."""

from __future__ import annotations

from django.utils.translation import gettext_noop as _
from ninja import Router
from pydantic import Field

from sunlit.domain.catalog import queries as catalog
from sunlit.domain.catalog.queries import Card, FacetList, Shelved
from sunlit.portals.api.keys import Call, Needs
from sunlit.portals.api.shapes import Told, Yuan

router = Router(tags=["catalog"])
READ = Needs("catalog:read")


class FoundOffer(Told):
    number: str
    supplier: str = Field(description="The supplier's number.")
    supplier_name: str
    price: Yuan
    stock: int
    delivery_days: int


class Found(Told):
    product: str
    category: str
    brand: str
    model: str
    name_zh: str
    name_en: str
    unit: str
    best: FoundOffer | None = Field(description="The cheapest offer that meets all that was asked; null where nobody sells it any more.")
    whole: bool = Field(description="False: no single offer meets all that was asked, and `best` is the cheapest that is delivered.")
    low: Yuan | None = Field(description="The lowest of what is asked at the place.")
    high: Yuan | None = Field(description="The highest of what is asked at the place.")
    suppliers: int
    in_stock: bool
    tags: list[str] = Field(description="Proven policy tags of the best offer.")


class Counted(Told):
    value: str
    label: str
    count: int
    chosen: bool


class Facet(Told):
    name: str = Field(description="The parameter to narrow down by.")
    label: str
    values: list[Counted]


class SearchAnswer(Told):
    ready: bool = Field(description="False while the index is being built: nothing is found then.")
    total: int
    relaxed: str = Field(description="“near”: nothing is written exactly so; “some”: only some of the words were found together; else “”.")
    found: list[Found]
    facets: list[Facet]
    next: str = Field(description="Hand back as `after`; “” after the last page.")


@router.get(
    "search",
    auth=READ,
    response=SearchAnswer,
    operation_id="search",
    summary=_("Products that are found by words and choices, 24 a page, with counts to narrow down by"),
    openapi_extra={
        "parameters": [
            {"name": name, "in": "query", "schema": {"type": "string"}, "description": description}
            for name, description in (
                ("q", "Words, brand, model number or pinyin."),
                ("category", "Category code."),
                ("brand", "Brand; may be given several times."),
                ("supplier", "Supplier number; may be given several times."),
                ("tag", "Policy tag; may be given several times."),
                ("band", "Band of prices as the facet names it; may be given several times."),
                ("price_from", "Lowest price in yuan."),
                ("price_to", "Highest price in yuan."),
                ("region", "Division code to which is delivered."),
                ("days", "Delivered within so many days."),
                ("stock", "`yes`: what is in stock."),
                ("sort", "price, -price, -sold, -stars, days or -listed; empty: best match."),
                ("after", "`next` of the page before."),
            )
        ]
    },
)
def search(request: Call) -> SearchAnswer:
    """What cannot be read in a choice is left out, as on the page; `attr.…` narrows by a parameter of the category."""
    page = catalog.search(catalog.request_of(request.GET), at=request.now)
    return SearchAnswer(
        ready=page.ready,
        total=page.total,
        relaxed=page.relaxed,
        found=[_found(card) for card in page.cards],
        facets=[_facet(each) for each in page.facets],
        next=page.after,
    )


def _found(card: Card) -> Found:
    it, best = card.product, card.best
    same = {name: getattr(it, name) for name in ("model", "name_zh", "name_en", "unit")}
    figures = {name: getattr(card, name) for name in ("whole", "low", "high", "suppliers", "in_stock")}
    return Found(
        product=it.number,
        category=it.category.code,
        brand=it.brand.name_zh,
        best=_offer(best) if best else None,
        tags=list(card.tags),
        **same,
        **figures,
    )


def _offer(best: Shelved) -> FoundOffer:
    return FoundOffer(
        number=best.number,
        supplier=best.supplier,
        supplier_name=best.name_zh,
        price=best.price,
        stock=best.stock,
        delivery_days=best.days,
    )


def _facet(told: FacetList) -> Facet:
    values = [Counted(**{name: getattr(each, name) for name in Counted.model_fields}) for each in told.values]
    return Facet(name=told.name, label=told.label, values=values)
