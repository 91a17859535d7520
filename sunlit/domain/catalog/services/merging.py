"""Products that are one and the same become one, and one that is several becomes several. Offers, reference prices and later readers follow."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, TypeVar

from django.db import IntegrityError, transaction
from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext_lazy as _

from sunlit.domain.catalog import states
from sunlit.domain.catalog.events import OfferSetAside, ProductsMerged
from sunlit.domain.catalog.models import Brand, Offer, Product, ProductMatch, ReferencePrice
from sunlit.domain.catalog.rules.life import REASON_MISSING
from sunlit.domain.catalog.rules.reading import key_of
from sunlit.domain.catalog.services import matching
from sunlit.foundation.accounts.actors import Actor
from sunlit.foundation.kernel.limits import REASON_CHARS_LEAST
from sunlit.foundation.kernel.numbering import new_number
from sunlit.foundation.kernel.refusals import CONFLICT, FORBIDDEN, Problem, Reason, Refused, check
from sunlit.foundation.ledger import services as ledger
from sunlit.foundation.lifecycle import NOT_NOW, STALE, move, move_many
from sunlit.foundation.outbox.events import Event, announce

OFFERS_MOST: Final = 5_000
TRIES: Final = 5

DESK_ONLY = Reason("CAT-080", _("Products are merged, split and corrected only by {who}."), FORBIDDEN)
SAME_PRODUCT = Reason("CAT-081", _("{number} cannot be merged into itself."))
MERGED_ALREADY = Reason("CAT-082", _("{number} was already merged into {into}."), CONFLICT)
OTHER_CATEGORY = Reason(
    "CAT-083", _("{one} is of category {one_category}, {other} of {other_category}: only products of one category are the same.")
)
OTHER_UNIT = Reason("CAT-084", _("{one} is sold by the {one_unit}, {other} by the {other_unit}: their prices mean different things."))
OFFERED_TWICE = Reason(
    "CAT-085", _("{supplier} offers both: {first} at {first_price} and {second} at {second_price}. Choose the one that stays."), CONFLICT
)
TOO_MANY_OFFERS = Reason("CAT-086", _("At most {most} offers can be moved at once; there are {count}."))
BEING_WRITTEN = Reason("CAT-087", _("Offers of these products are being written at this moment. Try again."), CONFLICT)
NOT_ITS_OFFER = Reason("CAT-088", _("{number} is no offer of product {product} any more. Look at it again, then decide."), CONFLICT)
SPLIT_NOTHING = Reason("CAT-089", _("Choose at least one offer to split off, and leave at least one."))
PRODUCT_THERE = Reason("CAT-090", _("{brand} {model} is product {number} already: merge, or choose another model."), CONFLICT)
NAME_NEEDED = Reason("CAT-091", _("A product that is split off needs its own model and name."))

T = TypeVar("T")


class _Again(Exception):
    """Somebody wrote an offer between our two looks."""


@dataclass(frozen=True)
class _Held:
    """Products and all their offers, locked."""

    products: Mapping[int, Product]
    offers: Sequence[Offer]

    def of(self, product: Product) -> list[Offer]:
        return [offer for offer in self.offers if offer.product_id == product.pk]


def join_match(
    match: ProductMatch, *, reason: str, keep: Sequence[str] = (), by: Actor, at: datetime, expected: int | None = None
) -> ProductMatch:
    """Decide that the two are one: the younger becomes part of the older. Refused as `merge_products`; LIF-001 decided already."""
    with transaction.atomic():
        one, other = (Product.objects.get(pk=pk) for pk in (match.one_id, match.other_id))
        merge_products(
            other, one, reason=reason, keep=keep, by=by, at=at
        )  # which also joins the proposal, after offers and products are held
        it = ProductMatch.objects.get(pk=match.pk)
        if it.state != states.JOINED:
            told = {"verb": states.match.moves["join"].label, "number": it.number, "state": states.match.states[it.state]}
            raise Refused(Problem(NOT_NOW, told))
        if expected is not None and it.version != expected + 1:
            raise Refused(Problem(STALE, {"number": it.number}))
        return it


def merge_products(merged: Product, into: Product, *, reason: str, keep: Sequence[str] = (), by: Actor, at: datetime) -> Product:
    """Make `merged` a part of `into`: its offers, reference prices and parameters that the other lacks follow; its number leads there from now on.

    `keep` names the offer that stays where a supplier has living offers of both; the other is taken off sale. Orders keep what they froze.
    Refused: CAT-080 not by you, CAT-001 no reason, CAT-081 … CAT-084 not mergeable, CAT-085 a supplier offers both, CAT-086, CAT-087.
    """
    _may(by)
    _has_reason(reason)
    if merged.pk == into.pk:
        raise Refused(Problem(SAME_PRODUCT, {"number": into.number}))
    return _held_for(
        [merged, into], lambda held: _merge(held, held.products[merged.pk], held.products[into.pk], reason.strip(), keep, by, at)
    )


def split_product(
    product: Product,
    offers: Sequence[str],
    *,
    model: str,
    name_zh: str,
    name_en: str = "",
    brand: Brand | None = None,
    attributes: Mapping[str, str] | None = None,
    reason: str,
    by: Actor,
    at: datetime,
) -> Product:
    """Give some offers (by number) a product of their own, with this model, name and, where they differ, brand and parameters; returns it.

    A product that was merged into this one comes back to life with its old number when its brand and model are named.
    Refused: CAT-080 not by you, CAT-001 no reason, CAT-086 … CAT-091.
    """
    _may(by)
    _has_reason(reason)
    if not key_of(model) or not name_zh.strip():
        raise Refused(Problem(NAME_NEEDED, on="name_zh" if key_of(model) else "model"))
    told = {"model": model.strip(), "name_zh": name_zh.strip(), "name_en": name_en.strip(), "brand": brand, "attributes": attributes}
    return _held_for([product], lambda held: _split(held, held.products[product.pk], offers, told, reason.strip(), by, at))


def _may(by: Actor) -> None:
    if not states.library_desk.allows(by, None):
        raise Refused(Problem(DESK_ONLY, {"who": states.library_desk.label}))


def _has_reason(reason: str) -> None:
    if len(reason.strip()) < REASON_CHARS_LEAST:
        raise Refused(Problem(REASON_MISSING, {"least": REASON_CHARS_LEAST}, on="reason"))


# Locks: offers before products, as whoever writes an offer takes them; then no offer can come to these products until we are done.


def _held_for(products: Sequence[Product], act: Callable[[_Held], T]) -> T:
    for _turn in range(TRIES):
        try:
            with transaction.atomic():
                return act(_hold(products))
        except _Again:
            continue
    raise Refused(Problem(BEING_WRITTEN))


def _hold(products: Sequence[Product]) -> _Held:
    ids = sorted(product.pk for product in products)
    offers = list(Offer.objects.select_for_update(of=("self",)).select_related("supplier").filter(product_id__in=ids).order_by("pk"))
    rows = (
        Product.objects.select_for_update(of=("self",)).select_related("category", "brand", "merged_into").filter(pk__in=ids).order_by("pk")
    )
    held = {product.pk: product for product in rows}  # waits for everybody who is writing an offer of these products
    now = set(Offer.objects.filter(product_id__in=ids).values_list("pk", flat=True))
    if now != {offer.pk for offer in offers}:
        raise _Again
    return _Held(held, offers)


# Merging


def _merge(held: _Held, merged: Product, into: Product, reason: str, keep: Sequence[str], by: Actor, at: datetime) -> Product:
    check(_can_be_one(merged, into))
    ours, theirs = held.of(into), held.of(merged)
    aside = list(_to_set_aside(ours, theirs, keep))
    if len(theirs) > OFFERS_MOST:
        raise Refused(Problem(TOO_MANY_OFFERS, {"most": OFFERS_MOST, "count": len(theirs)}))
    for offer, kept in aside:
        move(
            offer,
            "set_aside",
            by=by,
            at=at,
            change={"reason": reason},
            facts={"kept": kept.number, "reason": reason},
            announces=_told_aside(kept),
        )
    _regroup(theirs, into, by, at)
    _follow(merged, into, at)
    matching.lapse_matches_of(merged, into, reason=reason, by=by, at=at)
    facts = {
        "number": into.number,
        "merged": merged.number,
        "products": [into.number, merged.number],
        "offers": sorted(offer.number for offer in (*ours, *theirs)),
        "set_aside": sorted(offer.number for offer, _kept in aside),
        "count": len(theirs),
        "reason": reason,
    }
    _record("product.merge", into, facts, by, at)
    announce(ProductsMerged(merged_id=merged.pk, into_id=into.pk))
    return into


def _can_be_one(merged: Product, into: Product) -> Iterator[Problem]:
    for product in (merged, into):
        if product.merged_into is not None:
            yield Problem(MERGED_ALREADY, {"number": product.number, "into": product.merged_into.number})
    if merged.category_id != into.category_id:
        told = {
            "one": merged.number,
            "other": into.number,
            "one_category": merged.category.name_zh,
            "other_category": into.category.name_zh,
        }
        yield Problem(OTHER_CATEGORY, told)
    elif merged.unit != into.unit:
        yield Problem(OTHER_UNIT, {"one": merged.number, "other": into.number, "one_unit": merged.unit, "other_unit": into.unit})


def _to_set_aside(ours: Sequence[Offer], theirs: Sequence[Offer], keep: Sequence[str]) -> Iterator[tuple[Offer, Offer]]:
    """Of each supplier with living offers of both, the one that goes and the one that stays. Refused: CAT-085 where nobody chose."""
    living = {offer.supplier_id: offer for offer in ours if offer.state in states.LIVE}
    pairs = [(living[offer.supplier_id], offer) for offer in theirs if offer.state in states.LIVE and offer.supplier_id in living]
    check(_undecided(pairs, set(keep)))
    for first, second in pairs:
        yield (second, first) if first.number in keep else (first, second)


def _undecided(pairs: Sequence[tuple[Offer, Offer]], keep: set[str]) -> Iterator[Problem]:
    for first, second in pairs:
        if len({first.number, second.number} & keep) != 1:
            told = {"first": first.number, "second": second.number, "first_price": first.price, "second_price": second.price}
            yield Problem(OFFERED_TWICE, {"supplier": first.supplier.name_zh, **told}, on=f"keep_{first.supplier.number}")


def _follow(merged: Product, into: Product, at: datetime) -> None:
    """What hung on the merged product hangs on the other; what the other did not know it knows now."""
    same = ReferencePrice.objects.filter(product=into, source=OuterRef("source"), captured_at=OuterRef("captured_at"))
    ReferencePrice.objects.filter(Exists(same), product=merged).delete()
    ReferencePrice.objects.filter(product=merged).update(product=into)
    into.attributes = {**merged.attributes, **into.attributes}
    into.gtin, into.image_id = into.gtin or merged.gtin, into.image_id or merged.image_id
    into.name_en = into.name_en or merged.name_en
    into.save(update_fields=["attributes", "gtin", "image", "name_en"])
    Product.objects.filter(Q(pk=merged.pk) | Q(merged_into=merged)).update(merged_into=into, merged_at=at)


# Splitting


def _split(held: _Held, product: Product, numbers: Sequence[str], told: Mapping[str, Any], reason: str, by: Actor, at: datetime) -> Product:
    if product.merged_into is not None:
        raise Refused(Problem(MERGED_ALREADY, {"number": product.number, "into": product.merged_into.number}))
    by_number = {offer.number: offer for offer in held.of(product)}
    check(
        Problem(NOT_ITS_OFFER, {"number": number, "product": product.number}, on="offers") for number in numbers if number not in by_number
    )
    chosen = [offer for number, offer in by_number.items() if number in set(numbers)]
    if not chosen or len(chosen) == len(by_number):
        raise Refused(Problem(SPLIT_NOTHING, on="offers"))
    if len(chosen) > OFFERS_MOST:
        raise Refused(Problem(TOO_MANY_OFFERS, {"most": OFFERS_MOST, "count": len(chosen)}))
    own = _split_off(product, told, at)
    _regroup(chosen, own, by, at)
    facts = {
        "number": product.number,
        "split": own.number,
        "products": [product.number, own.number],
        "offers": sorted(by_number),
        "moved": sorted(offer.number for offer in chosen),
        "count": len(chosen),
        "reason": reason,
    }
    _record("product.split", product, facts, by, at)
    return own


def _split_off(product: Product, told: Mapping[str, Any], at: datetime) -> Product:
    """The product of its own: new, or one that was merged into this one and comes back."""
    brand = told["brand"] or product.brand
    there = Product.objects.select_for_update(of=("self",)).filter(
        category_id=product.category_id, brand=brand, model_key=key_of(told["model"])
    )
    known = there.first()
    if known is None:
        return _new(product, brand, told, at)
    if known.merged_into_id != product.pk:
        raise Refused(Problem(PRODUCT_THERE, {"brand": brand.name_zh, "model": known.model, "number": known.number}, on="model"))
    known.merged_into, known.merged_at, known.name_zh = None, None, told["name_zh"]
    known.attributes = {**known.attributes, **(told["attributes"] or {})}
    known.save(update_fields=["merged_into", "merged_at", "name_zh", "attributes"])
    return known


def _new(product: Product, brand: Brand, told: Mapping[str, Any], at: datetime) -> Product:
    try:
        return Product.objects.create(
            number=new_number("SP", at),
            category=product.category,
            brand=brand,
            model=told["model"],
            model_key=key_of(told["model"]),
            name_zh=told["name_zh"],
            name_en=told["name_en"],
            unit=product.unit,
            attributes={**product.attributes, **(told["attributes"] or {})},
            created_at=at,
            split_from=product,
        )
    except IntegrityError:  # a supplier brought the same product at this moment
        raise _Again from None


# What both do


def _regroup(offers: Sequence[Offer], to: Product, by: Actor, at: datetime) -> None:
    move_many(offers, "regroup", under=f"product/{to.number}", by=by, at=at, change=lambda _offer: {"product_id": to.pk})


def _record(act: str, product: Product, facts: Mapping[str, Any], by: Actor, at: datetime) -> None:
    told = {"actor": by.user_name, "organisation": by.organisation_name, **facts}
    ledger.record(act=act, subject=f"product/{product.number}", by=by, at=at, facts=told)


def _told_aside(kept: Offer) -> Callable[[Offer], Sequence[Event]]:
    return lambda offer: [OfferSetAside(number=offer.number, kept=kept.number, supplier_id=offer.supplier_id)]
