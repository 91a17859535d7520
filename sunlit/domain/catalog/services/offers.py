"""The life of one offer: drafted, submitted, reviewed, listed; its terms changed; frozen, appealed, released; taken off sale."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from sunlit.domain.catalog import states
from sunlit.domain.catalog.events import OfferDecided, OffersListed, OfferSubmitted
from sunlit.domain.catalog.models import Category, Offer, PolicyTag, PriceChange, Product
from sunlit.domain.catalog.queries import categories
from sunlit.domain.catalog.queries.offers import reference_prices
from sunlit.domain.catalog.rules import discipline as price
from sunlit.domain.catalog.rules import reading
from sunlit.domain.catalog.rules.matching import has_its_barcode
from sunlit.domain.catalog.rules.reading import Listing, Wrong
from sunlit.domain.catalog.services import deciding
from sunlit.domain.catalog.services.deciding import claims_of, content_problems, offer_fields, price_problems, product_changes, rulings_on
from sunlit.domain.catalog.services.gathering import Around, Row, around, ensured, siblings, tags_of
from sunlit.domain.catalog.services.shelving import Bench, bench, read_row
from sunlit.domain.registry import queries as registry
from sunlit.domain.rulebook import queries as rulebook
from sunlit.domain.rulebook.queries import Ruling
from sunlit.foundation.accounts.actors import Actor
from sunlit.foundation.accounts.models import Organisation
from sunlit.foundation.files.models import File
from sunlit.foundation.kernel.clock import local_day
from sunlit.foundation.kernel.numbering import new_number
from sunlit.foundation.kernel.refusals import Problem, Reason, Refused, check
from sunlit.foundation.lifecycle import NOT_YOURS, move, move_many
from sunlit.foundation.outbox.events import Event, announce

APPROVE_MOST: Final = 500
TOO_MANY_AT_ONCE = Reason("CAT-044", _("At most {most} offers can be listed at once; {count} are chosen."))


# What the supplier writes


@transaction.atomic
def draft_offer(raw: Mapping[str, Any], *, category: Category, images: Sequence[File] = (), by: Actor, at: datetime) -> Offer:
    """A draft from what was written (fields as in the import file, parameters as `attr.<key>`).

    Refused: CAT-010 … CAT-025 at their fields, CAT-034 the product is offered already, CAT-042 the SKU code is used, LIF-002 not by you.
    """
    at_bench = _held_bench(by, at)
    row = _read(raw, at_bench, category)
    near = around([row], at_bench.supplier.pk, at=at, lock=True)
    if row.listing.sku_code in near.mine:
        raise Refused(Problem(price.SKU_TAKEN, {"sku": row.listing.sku_code}, on="sku_code"))
    check([*_is_the_only_one(row, near), *_images_fit(images, at_bench)])
    offer = Offer(
        number=new_number("SK", at),
        region_path=at_bench.supplier.region.path,
        supplier=at_bench.supplier,
        product=_product(row, near, at),
        sku_code=row.listing.sku_code,
        created_at=at,
        rulings=price.kept(_rulings(row, near, at_bench, None)),
        **offer_fields(row.listing),
    )
    return _with_proofs(move(offer, "draft", by=by, at=at), row, near, images)


def edit_offer(
    offer: Offer, raw: Mapping[str, Any], *, images: Sequence[File] | None = None, by: Actor, at: datetime, expected: int | None = None
) -> Offer:
    """Rewrite an offer that is not on sale; it stays where it is. `images` None keeps the pictures. Refused as `draft_offer`."""
    return _rewritten(offer, "edit", raw, images=images, by=by, at=at, expected=expected)


def revise_offer(
    offer: Offer, raw: Mapping[str, Any], *, images: Sequence[File] | None = None, by: Actor, at: datetime, expected: int | None = None
) -> Offer:
    """Rewrite an offer and submit it anew; what was on sale is reviewed again. Refused as `draft_offer` and `submit_offer`."""
    return _rewritten(offer, "revise", raw, images=images, by=by, at=at, expected=expected)


@transaction.atomic
def submit_offer(offer: Offer, *, by: Actor, at: datetime, expected: int | None = None) -> Offer:
    """Hand the offer to the regulator for listing.

    Refused: CAT-034 another offer of the product is on the shelf, CAT-002 the supplier is not active, CAT-010 a parameter is missing, CAT-020/021 a certificate, CAT-030 above the reference price,
    CAT-033 a banned word, CAT-036 the product's key parameters differ.
    """
    it = _held(offer)
    problems, rulings = _review(it, at)
    change = {"rulings": price.kept(rulings), "reason": "", "review_until": _review_until(it, at)} | _first_price(it, at)
    handed = {"problems": [*_stands_alone(it), *problems], "supplier_active": _stands(it)}
    it = move(it, "submit", by=by, at=at, change=change, handed=handed, expected=expected, announces=_submitted)
    _note_price(it, at)
    return it


@transaction.atomic
def reprice(offer: Offer, *, price: Decimal | str, by: Actor, at: datetime, expected: int | None = None) -> Offer:
    """A new price at once, with a line in the price history. Refused: CAT-012 … CAT-014 no price, CAT-030 above the reference price, and what else binds."""
    new, it = _amount(price), Offer.objects.select_for_update(no_key=True).get(pk=offer.pk)
    if new == it.price:
        return it
    facts = {"old": it.price, "new": new}
    change, handed = _priced(it, new, at)
    it = move(it, "reprice", by=by, at=at, change=change, facts=facts, handed=handed, expected=expected, within=True)
    _note_price(it, at)
    return it


@transaction.atomic
def restock(offer: Offer, *, stock: int | str, by: Actor, at: datetime, expected: int | None = None) -> Offer:
    """Set how many pieces are there. Refused: CAT-015."""
    pieces = _whole(stock, "stock")
    return move(offer, "restock", by=by, at=at, change={"stock": pieces}, facts={"stock": pieces}, expected=expected)


@transaction.atomic
def update_offer(offer: Offer, *, terms: Mapping[str, Any], by: Actor, at: datetime, expected: int | None = None) -> Offer:
    """Change the terms of an offer on sale: some of price, stock, quantity_most, delivery_days, delivery_regions. Refused as `reprice` and CAT-015, CAT-018."""
    it = _held(offer)
    change, problems = _terms(terms, by, at)
    check(problems)
    new, handed = change.pop("price", it.price), dict[str, Any]()
    repriced = new != it.price
    if repriced:
        priced, handed = _priced(it, new, at)
        change |= priced
    it = move(it, "update", by=by, at=at, change=change, facts={"changed": sorted(change)}, handed=handed, expected=expected)
    if repriced:
        _note_price(it, at)
    return it


def delist(offer: Offer, *, by: Actor, at: datetime, expected: int | None = None) -> Offer:
    """Take the offer off sale, or out of review."""
    return move(offer, "delist", by=by, at=at, expected=expected)


@transaction.atomic
def appeal(offer: Offer, *, reason: str, by: Actor, at: datetime, expected: int | None = None) -> Offer:
    """Ask for the release of a frozen offer, saying what was put right. Refused: CAT-001, and as `submit_offer`."""
    it = _held(offer)
    problems, rulings = _review(it, at)
    change = {"rulings": price.kept(rulings), "review_until": _review_until(it, at)}
    return move(
        it,
        "appeal",
        by=by,
        at=at,
        change=change,
        facts=_told(reason),
        handed={"problems": problems},
        expected=expected,
        announces=_submitted,
    )


# What the regulator decides


@transaction.atomic
def approve_offer(offer: Offer, *, by: Actor, at: datetime, expected: int | None = None) -> Offer:
    """List the offer. What was right when it was submitted must still be right. Refused as `submit_offer`."""
    it = _held(offer)
    problems, rulings = _review(it, at)
    change = {"rulings": price.kept(rulings), "reason": ""}
    return move(it, "approve", by=by, at=at, change=change, handed={"problems": problems}, expected=expected, announces=_decided("approve"))


@dataclass(frozen=True)
class Approved:
    """What a bulk approval listed, and what it held back with the problems."""

    listed: list[Offer]
    held_back: list[tuple[Offer, list[Problem]]]


@transaction.atomic
def approve_offers(numbers: Sequence[str], *, by: Actor, at: datetime) -> Approved:
    """List many offers of the region at once, with one entry in the ledger; those with a refused ruling are held back.

    Offers that somebody else decided meanwhile are left out. Refused: CAT-044 too many, LIF-002 not by you.
    """
    if len(numbers) > APPROVE_MOST:
        raise Refused(Problem(TOO_MANY_AT_ONCE, {"most": APPROVE_MOST, "count": len(numbers)}))
    waiting = Offer.objects.select_for_update(of=("self",)).filter(number__in=numbers, state=states.REVIEW).order_by("pk")
    offers = list(waiting.select_related("product__category", "product__brand").prefetch_related("tags"))
    reviewed = {offer.pk: (problems, rulings) for offer, problems, rulings in _reviewed(offers, at)}
    good = [offer for offer in offers if not reviewed[offer.pk][0]]
    batch = f"batch/{new_number('PL', at)}"

    def change(offer: Offer) -> dict[str, Any]:
        return {"rulings": price.kept(reviewed[offer.pk][1]), "reason": ""}

    listed = move_many(good, "approve", under=batch, by=by, at=at, change=change)
    announce(*_listed(listed, batch))
    return Approved(listed, [(offer, reviewed[offer.pk][0]) for offer in offers if reviewed[offer.pk][0]])


def refuse_offer(offer: Offer, *, reason: str, by: Actor, at: datetime, expected: int | None = None) -> Offer:
    """Refuse the listing with a reason. Refused: CAT-001."""
    return _decide(offer, "refuse", reason, by, at, expected)


def freeze(offer: Offer, *, reason: str, by: Actor, at: datetime, expected: int | None = None) -> Offer:
    """Take an offer out of the market until its supplier has put things right. Refused: CAT-001."""
    return _decide(offer, "freeze", reason, by, at, expected)


def release(offer: Offer, *, reason: str, by: Actor, at: datetime, expected: int | None = None) -> Offer:
    """Let a frozen offer back into the market. Refused: CAT-001."""
    return _decide(offer, "release", reason, by, at, expected)


def keep_frozen(offer: Offer, *, reason: str, by: Actor, at: datetime, expected: int | None = None) -> Offer:
    """Turn an appeal down. Refused: CAT-001."""
    return _decide(offer, "keep_frozen", reason, by, at, expected)


def _decide(offer: Offer, verb: str, reason: str, by: Actor, at: datetime, expected: int | None) -> Offer:
    told = _told(reason)
    return move(offer, verb, by=by, at=at, change=told, facts=told, expected=expected, announces=_decided(verb, told["reason"]))


def _told(reason: str) -> dict[str, str]:
    return {"reason": reason.strip()}


# How it is done


@transaction.atomic
def _rewritten(
    offer: Offer, verb: str, raw: Mapping[str, Any], *, images: Sequence[File] | None, by: Actor, at: datetime, expected: int | None
) -> Offer:
    if not states.catalogue_clerk.allows(by, offer):
        raise Refused(Problem(NOT_YOURS, {"verb": states.offer.moves[verb].label, "who": states.catalogue_clerk.name}))
    at_bench = _held_bench(by, at)
    it = _held(offer)
    row = _read({**raw, "sku_code": it.sku_code}, at_bench, it.product.category)
    near = around([row], it.supplier_id, at=at, lock=True)
    check([*_is_the_only_one(row, near), *_images_fit(images or (), at_bench)])
    rulings = _rulings(row, near, at_bench, it)
    change = {**offer_fields(row.listing), "rulings": price.kept(rulings)}
    handed: dict[str, Any] = {"supplier_active": _stands(it)}
    if verb == "revise":
        handed["problems"] = [*price_problems(rulings), *content_problems(row, near, at)]
        change |= {"reason": "", "review_until": _review_until(it, at)}
    if row.listing.price != it.price and it.price_changed_at is not None:
        change["price_changed_at"] = at
    elif verb == "revise":
        change |= _first_price(it, at)
    change["product"] = _product(row, near, at)
    it = move(it, verb, by=by, at=at, change=change, handed=handed, expected=expected, announces=_submitted if verb == "revise" else None)
    if it.price_changed_at is not None:
        _note_price(it, at)
    return _with_proofs(it, row, near, images)


def _held_bench(by: Actor, at: datetime) -> Bench:
    """The supplier's bench; what one supplier writes is written one after the other, so that nothing is offered twice."""
    at_bench = bench(by=by, at=at, under="")
    Organisation.objects.select_for_update(no_key=True).get(pk=at_bench.supplier.pk)
    return at_bench


def _held(offer: Offer) -> Offer:
    """The offer as it is now, locked, with what a review reads."""
    rows = Offer.objects.select_for_update(of=("self",)).select_related("product__category", "product__brand", "supplier__region")
    return rows.prefetch_related("tags").get(pk=offer.pk)


def _read(raw: Mapping[str, Any], at_bench: Bench, category: Category) -> Row:
    row, problems = read_row(raw, 0, at_bench, category.code)
    check(problems)
    assert row is not None
    return row


def _is_the_only_one(row: Row, near: Around) -> Iterator[Problem]:
    """A product stands once on a supplier's shelf, and there with the parameters under which others offer it."""
    product = near.products.get(row.product_key)
    other = near.living.get(product.pk) if product else None
    if other is not None and other != row.listing.sku_code:
        yield Problem(price.LISTED_TWICE, {"sku": other}, on="model")
    if product is not None and product.pk in near.shared:
        yield from price.agrees_with_product(row.listing, product.attributes, row.template)
        yield from has_its_barcode(product.gtin, row.listing.gtin)


def _stands_alone(offer: Offer) -> Iterator[Problem]:
    """What was taken off the shelf does not come back beside another offer of the same product."""
    others = Offer.objects.filter(supplier_id=offer.supplier_id, product_id=offer.product_id, state__in=states.LIVE).exclude(pk=offer.pk)
    if (sku := others.values_list("sku_code", flat=True).first()) is not None:
        yield Problem(price.LISTED_TWICE, {"sku": sku}, on="model")


def _images_fit(images: Sequence[File], at_bench: Bench) -> Iterator[Problem]:
    if len(images) > at_bench.book.images_most:
        yield Problem(price.TOO_MANY_IMAGES, {"most": at_bench.book.images_most, "count": len(images)}, on="images")
    if any(image.owner_id != at_bench.supplier.pk or image.kind != "image" for image in images):
        yield Problem(price.IMAGE_UNKNOWN, on="images")


def _product(row: Row, near: Around, at: datetime) -> Product:
    """The row's product, made when it is new, corrected where this supplier is alone on it."""
    product = ensured([row], at=at)[row.product_key]
    changes = product_changes(row, product, near) if row.product_key in near.products else {}
    for name, value in changes.items():
        setattr(product, name, value)
    if changes:
        product.save(update_fields=list(changes))
    return product


def _with_proofs(offer: Offer, row: Row, near: Around, images: Sequence[File] | None) -> Offer:
    PolicyTag.objects.filter(offer=offer).delete()
    PolicyTag.objects.bulk_create(tags_of(offer, row.listing.claims, near.carried(row.listing.sku_code)))
    if images is not None:
        offer.images.set(images)
        if offer.product.image_id is None and images:
            Product.objects.filter(pk=offer.product_id, image=None).update(image=images[0])
    return offer


def _review(offer: Offer, at: datetime) -> tuple[list[Problem], list[Ruling]]:
    """What a reviewer would find in the offer as it is stored."""
    [(_offer, problems, rulings)] = _reviewed([offer], at)
    row = _row(offer)
    book = price.discipline_of(offer.region_path, local_day(at))
    near_names = price.is_unlike_own_others(book, row.listing, offer.product.attributes, siblings(row, offer.supplier_id))
    return problems, [*rulings, *near_names]


def _reviewed(offers: Sequence[Offer], at: datetime) -> Iterator[tuple[Offer, list[Problem], list[Ruling]]]:
    """Each offer with its problems and rulings; a fixed number of queries for each supplier among them."""
    by_supplier: dict[int, list[Offer]] = {}
    for offer in offers:
        by_supplier.setdefault(offer.supplier_id, []).append(offer)
    for supplier_id, own in by_supplier.items():
        rows = [_row(offer) for offer in own]
        near = around(rows, supplier_id, at=at)
        before = _prices_before(own)
        for offer, row in zip(own, rows, strict=True):
            book = price.discipline_of(offer.region_path, local_day(at))
            rulings = [*rulings_on(row, near, book, at, offer=None), *_raised(book, offer, before.get(offer.pk))]
            yield offer, [*price_problems(rulings), *content_problems(row, near, at)], rulings


def _raised(book: price.Discipline, offer: Offer, before: PriceChange | None) -> Iterator[Ruling]:
    """The last change of the price against the one before it."""
    if before is not None and offer.price_changed_at is not None:
        yield from price.is_not_raised_too_soon(book, before.price, before.at, offer.price, offer.price_changed_at)


def _prices_before(offers: Sequence[Offer]) -> dict[int, PriceChange]:
    """The line of the history before the price of today, for those that have one; one query."""
    today = {offer.pk: offer.price_changed_at for offer in offers}
    history = PriceChange.objects.filter(offer_id__in=today).order_by("offer_id", "at", "pk")
    return {line.offer_id: line for line in history if (since := today[line.offer_id]) and line.at < since}


def _row(offer: Offer) -> Row:
    """The offer as a row, as if its supplier had just written it."""
    product = offer.product
    listing = Listing(
        sku_code=offer.sku_code,
        title=offer.title,
        brand=product.brand.name_zh,
        model=product.model,
        price=offer.price,
        unit=product.unit,
        detail=offer.detail,
        gtin=product.gtin,
        attributes=product.attributes,
        claims=claims_of(offer),
    )
    return Row(0, listing, product.category, categories.template(product.category))


def _rulings(row: Row, near: Around, at_bench: Bench, offer: Offer | None) -> list[Ruling]:
    found = list(rulings_on(row, near, at_bench.book, at_bench.at, offer=offer))
    attributes = deciding.attributes_of(row, near.products.get(row.product_key), near)
    near_names = price.is_unlike_own_others(at_bench.book, row.listing, attributes, siblings(row, at_bench.supplier.pk))
    return [*found, *near_names]


def _priced(offer: Offer, new: Decimal, at: datetime) -> tuple[dict[str, Any], dict[str, Any]]:
    """The change and what the rules are handed, for a new price of an offer on sale."""
    book = price.discipline_of(offer.region_path, local_day(at))
    references = reference_prices([offer.product_id], at=at).get(offer.product_id, ())
    rulings = [
        *price.is_not_above_reference(book, new, references, at),
        *price.is_not_raised_too_soon(book, offer.price, offer.price_changed_at, new, at),
    ]
    others = [told for told in offer.rulings if not told["rule"]["key"].startswith("price.")]
    change = {"price": new, "price_changed_at": at, "rulings": [*others, *price.kept(rulings)]}
    return change, {"problems": list(price_problems(rulings))}


def _terms(terms: Mapping[str, Any], by: Actor, at: datetime) -> tuple[dict[str, Any], list[Problem]]:
    """The terms that were given, read; and what cannot be read."""
    change: dict[str, Any] = {}
    problems: list[Problem] = []
    readers: dict[str, Callable[[Any], Any]] = {"price": reading.price_of}
    readers |= {name: _whole_reader(name) for name in ("stock", "quantity_most", "delivery_days")}
    for name, read_one in readers.items():
        if name in terms:
            try:
                change[name] = read_one(terms[name])
            except Wrong as wrong:
                problems.append(wrong.problem)
    if "delivery_regions" in terms:
        change["delivery_regions"] = list(reading.regions_of(terms["delivery_regions"], bench(by=by, at=at, under="").regions, problems))
    return change, problems


def _whole_reader(name: str) -> Callable[[Any], int]:
    return lambda value: reading.whole_of(value, *reading.WHOLES[name], name)


def _amount(value: Decimal | str) -> Decimal:
    try:
        return reading.price_of(value)
    except Wrong as wrong:
        raise Refused(wrong.problem) from None


def _whole(value: int | str, name: str) -> int:
    try:
        return _whole_reader(name)(value)
    except Wrong as wrong:
        raise Refused(wrong.problem) from None


def _first_price(offer: Offer, at: datetime) -> dict[str, Any]:
    """The price history begins when the offer first leaves the drawer."""
    return {"price_changed_at": at} if offer.price_changed_at is None else {}


def _note_price(offer: Offer, at: datetime) -> None:
    """A line in the history, unless it already says so."""
    last = PriceChange.objects.filter(offer=offer).order_by("-at", "-pk").values_list("price", flat=True).first()
    if last != offer.price:
        PriceChange.objects.create(offer=offer, price=offer.price, at=at)


def _stands(offer: Offer) -> bool:
    return registry.standing(offer.supplier_id) == "active"


def _review_until(offer: Offer, at: datetime) -> datetime:
    return rulebook.deadline("listing.review_limit", start=at, region_path=offer.region_path, on=local_day(at))


def _submitted(offer: Offer) -> list[Event]:
    return [OfferSubmitted(number=offer.number, supplier_id=offer.supplier_id, region_path=offer.region_path)]


def _decided(verb: str, reason: str = "") -> Callable[[Offer], list[Event]]:
    return lambda offer: [OfferDecided(number=offer.number, supplier_id=offer.supplier_id, verb=verb, reason=reason, version=offer.version)]


def _listed(offers: Iterable[Offer], batch: str) -> Iterator[Event]:
    """One announcement for each supplier."""
    counts: dict[int, int] = {}
    for offer in offers:
        counts[offer.supplier_id] = counts.get(offer.supplier_id, 0) + 1
    return (OffersListed(batch=batch, supplier_id=supplier, count=count) for supplier, count in sorted(counts.items()))
