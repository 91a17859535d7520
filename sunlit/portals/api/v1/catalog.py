"""Categories, products, offers; and the supplier's own offers, their prices and their stock."""

from __future__ import annotations

from typing import Annotated, Any

from django.http import HttpResponsePermanentRedirect
from django.utils.translation import gettext_noop as _
from ninja import Router
from pydantic import Field, WithJsonSchema

from sunlit.domain.catalog import queries as catalog
from sunlit.domain.catalog import services
from sunlit.domain.catalog.models import Attribute, Category, Offer, Product
from sunlit.domain.catalog.queries import machines
from sunlit.foundation.kernel.limits import API_BATCH_ROWS
from sunlit.foundation.kernel.refusals import Problem, Refused
from sunlit.portals.api import problems
from sunlit.portals.api.keys import Call, Needs
from sunlit.portals.api.shapes import ROWS, After, Error, Given, Rows, Time, Told, Version, Yuan, errors_of
from sunlit.portals.doors import found_or_404

router = Router(tags=["catalog"])
READ, WRITE = Needs("catalog:read"), Needs("catalog:write")

_TEXT = WithJsonSchema({"type": "string"})
_PRICE = WithJsonSchema({"type": "string", "examples": ["4999.00"], "description": "Yuan with at most two places, as text."})
_WHOLE = WithJsonSchema({"type": "integer", "minimum": 0})


# Categories


class CategoryOut(Told):
    code: str
    name_zh: str
    name_en: str
    parent: str = Field(description="The code above; “” at the top.")
    level: int
    kind: str = Field(description="goods, works or services")
    leaf: bool
    in_use: bool = Field(description="Offers can be listed here.")
    unit: str


class AttributeOut(Told):
    key: str
    name_zh: str
    name_en: str
    type: str
    unit: str
    choices: list[str]
    required: bool
    is_key: bool = Field(description="Two products that differ here are different products.")
    better: str = Field(
        description="Which value is the better one: higher, lower, or “” where it is a matter of need. Of choices, later ones are higher."
    )
    group: str


class Categories(Told):
    categories: list[CategoryOut]
    next: str = Field(description="Hand back as `after`; “” after the last page.")


class CategoryWithTemplate(CategoryOut):
    attributes: list[AttributeOut]
    children: list[str]


@router.get("categories", auth=READ, response=Categories, operation_id="categories", summary=_("The category tree, by code"))
def categories(request: Call, in_use: bool | None = None, after: After = "", limit: Rows = ROWS) -> Categories:
    tree = catalog.tree()
    codes = sorted(code for code, row in tree.by_code.items() if code > after and (in_use is None or row.in_use == in_use))
    page = codes[:limit]
    return Categories(categories=[_category(tree, tree.by_code[code]) for code in page], next=page[-1] if len(codes) > limit else "")


@router.get(
    "categories/{code}",
    auth=READ,
    response=CategoryWithTemplate,
    operation_id="category",
    summary=_("One category with its attribute template"),
)
def category(request: Call, code: str) -> CategoryWithTemplate:
    tree = catalog.tree()
    row = found_or_404(tree.get(code))
    told = _category(tree, row).model_dump()
    template = [_attribute(line) for line in catalog.template(row)]
    return CategoryWithTemplate(**told, attributes=template, children=[child.code for child in tree.under(code)])


def _category(tree: catalog.Tree, row: Category) -> CategoryOut:
    above = tree.by_id[row.parent_id].code if row.parent_id else ""
    same = {name: getattr(row, name) for name in ("code", "name_zh", "name_en", "level", "kind", "leaf", "in_use", "unit")}
    return CategoryOut(parent=above, **same)


def _attribute(line: Attribute) -> AttributeOut:
    return AttributeOut(**{name: getattr(line, name) for name in AttributeOut.model_fields})


# Products


class ProductOut(Told):
    number: str
    category: str
    brand: str
    model: str
    name_zh: str
    name_en: str
    unit: str
    gtin: str = Field(description="14 figures; “” when nobody told it.")
    attributes: dict[str, str]


class OfferOnSale(Told):
    number: str
    supplier: str = Field(description="The supplier's number.")
    supplier_name: str
    price: Yuan
    stock: int
    quantity_most: int = Field(description="At most so many pieces an order; 0: no limit of its own.")
    delivery_days: int
    delivery_regions: list[str] = Field(description="Region codes; empty: the whole net.")
    warranty_months: int
    tags: list[str]


class ProductWithOffers(ProductOut):
    median: Yuan | None = Field(description="Of all offers on sale.")
    offers: list[OfferOnSale]


class Products(Told):
    products: list[ProductOut]
    next: str


@router.get("products", auth=READ, response=Products, operation_id="products", summary=_("Products of a category and brand, page by page"))
def products(request: Call, category: str = "", brand: str = "", after: After = "", limit: Rows = ROWS) -> Products:
    page = machines.products_after(category=_path_of(category), brand=brand, after=number_of(after), rows=limit + 1)
    return Products(products=[_product(each) for each in page[:limit]], next=str(page[limit - 1].pk) if len(page) > limit else "")


@router.get(
    "products/{number}",
    auth=READ,
    response=ProductWithOffers,
    operation_id="product",
    summary=_("One product with what all suppliers ask for it"),
)
def product(request: Call, number: str) -> ProductWithOffers | HttpResponsePermanentRedirect:
    row = found_or_404(machines.product_with_offers(number))
    if row.number != number:
        return HttpResponsePermanentRedirect(request.path.replace(number, row.number))
    median = catalog.medians([row.pk]).get(row.pk)
    return ProductWithOffers(**_product(row).model_dump(), median=median, offers=[_on_sale(offer) for offer in row.on_sale])


def _path_of(code: str) -> str:
    """The way to the category; a code that nobody knows leads nowhere."""
    if not code:
        return ""
    return found_or_404(catalog.category(code)).path  # type: ignore[no-any-return]


def _product(row: Product) -> ProductOut:
    same = {name: getattr(row, name) for name in ("number", "model", "name_zh", "name_en", "unit", "gtin")}
    attributes = {str(key): str(value) for key, value in row.attributes.items()}
    return ProductOut(category=row.category.code, brand=row.brand.name_zh, attributes=attributes, **same)


def _on_sale(offer: Offer) -> OfferOnSale:
    same = {
        name: getattr(offer, name)
        for name in ("number", "price", "stock", "quantity_most", "delivery_days", "delivery_regions", "warranty_months")
    }
    return OfferOnSale(
        supplier=offer.supplier.number, supplier_name=offer.supplier.name_zh, tags=[tag.tag for tag in offer.tags.all()], **same
    )


def number_of(after: str) -> int:
    """The id in a key of a page. Refused: API-021."""
    if after and not (after.isascii() and after.isdigit()):
        raise Refused(Problem(problems.WRONG_PAGE, {"after": after[:40]}, on="after"))
    return int(after or 0)


# Offers


class OfferOut(Told):
    number: str
    sku_code: str
    product: str
    category: str
    title: str
    state: str
    version: int
    price: Yuan
    stock: int
    sold: int
    quantity_most: int
    delivery_days: int
    delivery_regions: list[str]
    warranty_months: int
    reason: str
    created_at: Time
    listed_at: Time | None


class Offers(Told):
    offers: list[OfferOut]
    next: str


class Certificate(Given):
    tag: str
    certificate: str = ""
    expires_on: str = ""


class OfferRow(Given):
    """One stock keeping unit. Values are read one by one, so that a wrong row does not keep the good ones out."""

    sku_code: Annotated[Any, _TEXT]
    category: Annotated[Any, _TEXT]
    title: Annotated[Any, _TEXT]
    brand: Annotated[Any, _TEXT]
    model: Annotated[Any, _TEXT]
    price: Annotated[Any, _PRICE]
    unit: Annotated[Any, _TEXT] = ""
    detail: Annotated[Any, _TEXT] = ""
    gtin: Annotated[Any, _TEXT] = ""
    brand_en: Annotated[Any, _TEXT] = ""
    title_en: Annotated[Any, _TEXT] = ""
    stock: Annotated[Any, _WHOLE] = None
    quantity_most: Annotated[Any, _WHOLE] = None
    delivery_days: Annotated[Any, _WHOLE] = None
    delivery_regions: list[str] = Field(default_factory=list)
    warranty_months: Annotated[Any, _WHOLE] = None
    attributes: dict[str, Any] = Field(default_factory=dict)
    tags: list[str | Certificate] = Field(default_factory=list)


class OfferRows(Given):
    rows: Annotated[list[OfferRow], Field(min_length=1, max_length=API_BATCH_ROWS)]


class TermsRow(Given):
    number: str = ""
    sku_code: str = ""
    price: Annotated[Any, _PRICE] = None
    stock: Annotated[Any, _WHOLE] = None


class TermsRows(Given):
    rows: Annotated[list[TermsRow], Field(min_length=1, max_length=API_BATCH_ROWS)]


class Terms(Given):
    price: Annotated[Any, _PRICE] = None
    stock: Annotated[Any, _WHOLE] = None
    version: Version = None


class RowOut(Told):
    position: int = Field(description="Counted from 0, as sent.")
    sku_code: str
    number: str
    result: str = Field(description="new, revised, updated, unchanged or kept_out")
    errors: list[Error]


class RowResults(Told):
    rows: list[RowOut]
    counts: dict[str, int]


@router.get("offers", auth=READ, response=Offers, operation_id="offers", summary=_("The organisation's own offers, newest first"))
def offers(request: Call, state: str = "", q: str = "", after: After = "", limit: Rows = ROWS) -> Offers:
    number_of(after)
    if request.actor.kind == "supplier":
        page = catalog.offers_of(request.actor.party, state=state, q=q, after=after, rows=limit)
    else:
        page = catalog.offers_in_region(seen_by=request.actor, state=state, q=q, after=after, rows=limit)
    return Offers(offers=[_offer(each) for each in page.offers], next=page.after)


@router.get("offers/{number}", auth=READ, response=OfferOut, operation_id="offer", summary=_("One offer"))
def offer(request: Call, number: str) -> OfferOut:
    return _offer(found_or_404(catalog.offer(number, seen_by=request.actor)))


@router.put(
    "offers",
    auth=WRITE,
    response=RowResults,
    operation_id="put_offers",
    summary=_("Enter or change offers by their SKU codes, 500 at once"),
)
def put_offers(request: Call, given: OfferRows) -> RowResults:
    raws = [{name: value for name, value in row.model_dump().items() if value is not None} for row in given.rows]
    results = services.upsert_offers(raws, by=request.actor, at=request.now)
    return _summed(
        [RowOut(position=r.position, sku_code=r.sku_code, number=r.number, result=r.fate, errors=errors_of(r.problems)) for r in results]
    )


@router.patch(
    "offers", auth=WRITE, response=RowResults, operation_id="patch_offers", summary=_("New prices and stocks of many offers, 500 at once")
)
def patch_offers(request: Call, given: TermsRows) -> RowResults:
    known = _named(given.rows, request)
    places = [(it.pk if it else 0, position) for position, it in enumerate(known)]
    rows = [_changed(position, given.rows[position], known[position], request) for _pk, position in sorted(places)]  # as orders lock them
    return _summed(sorted(rows, key=lambda row: row.position))


@router.patch("offers/{number}", auth=WRITE, response=OfferOut, operation_id="patch_offer", summary=_("A new price or stock of one offer"))
def patch_offer(request: Call, number: str, given: Terms) -> OfferOut:
    it = found_or_404(catalog.offer(number, seen_by=request.actor))
    terms = _terms(given)
    if not terms:
        raise Refused(Problem(problems.NOTHING_GIVEN))
    services.update_offer(it, terms=terms, by=request.actor, at=request.now, expected=given.version)
    return _offer(found_or_404(catalog.offer(number, seen_by=request.actor)))


def _named(rows: list[TermsRow], request: Call) -> list[Offer | None]:
    """The own offer that each row speaks of, by number or SKU code."""
    own = request.actor.organisation_id
    numbered = machines.offers_by_number([row.number for row in rows if row.number], seen_by=request.actor)
    coded = machines.own_offers_by_sku([row.sku_code for row in rows if not row.number], supplier_id=request.actor.party)
    found = [numbered.get(row.number) if row.number else coded.get(row.sku_code) for row in rows]
    return [it if it is not None and it.supplier_id == own else None for it in found]


def _changed(position: int, row: TermsRow, it: Offer | None, request: Call) -> RowOut:
    told: dict[str, Any] = {
        "position": position,
        "sku_code": it.sku_code if it else row.sku_code,
        "number": it.number if it else row.number,
    }
    terms = _terms(row)
    if it is None:
        wrong = [Problem(problems.NO_SUCH_OFFER, {"number": row.number or row.sku_code}, on="number" if row.number else "sku_code")]
        return RowOut(**told, result="kept_out", errors=errors_of(wrong))
    if not terms:
        return RowOut(**told, result="kept_out", errors=errors_of([Problem(problems.NOTHING_GIVEN)]))
    try:
        changed = services.update_offer(it, terms=terms, by=request.actor, at=request.now)
    except Refused as refused:
        return RowOut(**told, result="kept_out", errors=errors_of(refused.problems))
    same = (changed.price, changed.stock) == (it.price, it.stock)
    return RowOut(**told, result="unchanged" if same else "updated", errors=[])


def _terms(given: Terms | TermsRow) -> dict[str, Any]:
    return {name: value for name, value in (("price", given.price), ("stock", given.stock)) if value is not None}


def _summed(rows: list[RowOut]) -> RowResults:
    counts: dict[str, int] = {}
    for row in rows:
        counts[row.result] = counts.get(row.result, 0) + 1
    return RowResults(rows=rows, counts=counts)


def _offer(row: Offer) -> OfferOut:
    theirs = {"product", "category"}
    same = {name: getattr(row, name) for name in OfferOut.model_fields if name not in theirs}
    return OfferOut(product=row.product.number, category=row.product.category.code, **same)
