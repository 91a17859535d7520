"""What the library desk reads: products that may be the same, corrections that were proposed, and the offers that a decision would touch."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Q

from sunlit.domain.catalog.models import Offer, Product, ProductCorrection, ProductMatch
from sunlit.domain.catalog.states import LIVE, PROPOSED
from sunlit.foundation.accounts.actors import Actor
from sunlit.foundation.kernel.limits import PAGE_ROWS
from sunlit.foundation.kernel.paging import row_id

OFFERS_SHOWN = 200


@dataclass(frozen=True)
class MatchPage:
    """A page of proposals, the likeliest first; `after` asks for the next one, "" for none."""

    matches: list[ProductMatch]
    after: str


@dataclass(frozen=True)
class CorrectionPage:
    """A page of corrections, the oldest first; `after` asks for the next one, "" for none."""

    corrections: list[ProductCorrection]
    after: str


def matches(*, state: str = PROPOSED, after: str = "", rows: int = PAGE_ROWS) -> MatchPage:
    """Proposals in a state ("": all). One query."""
    found = ProductMatch.objects.select_related("one__category", "one__brand", "other__brand")
    if state:
        found = found.filter(state=state)
    score, _mark, last = after.partition("~")
    if (points := row_id(score)) is not None and (key := row_id(last)) is not None:
        found = found.filter(Q(score__lt=points) | Q(score=points, pk__gt=key))
    page = list(found.order_by("-score", "pk")[: rows + 1])
    return MatchPage(page[:rows], f"{page[rows - 1].score}~{page[rows - 1].pk}" if len(page) > rows else "")


def match(number: str) -> ProductMatch | None:
    related = ("one__category", "one__brand", "one__image", "other__category", "other__brand", "other__image")
    return ProductMatch.objects.select_related(*related).filter(number=number).first()


def corrections(*, state: str = PROPOSED, after: str = "", rows: int = PAGE_ROWS) -> CorrectionPage:
    """Corrections in a state ("": all). One query."""
    found = ProductCorrection.objects.select_related("product__category", "product__brand", "supplier")
    if state:
        found = found.filter(state=state)
    if (key := row_id(after)) is not None:
        found = found.filter(pk__gt=key)
    page = list(found.order_by("pk")[: rows + 1])
    return CorrectionPage(page[:rows], str(page[rows - 1].pk) if len(page) > rows else "")


def correction(number: str, *, seen_by: Actor) -> ProductCorrection | None:
    """One correction: a supplier sees its own, the desks all."""
    found = ProductCorrection.objects.select_related("product__category", "product__brand", "supplier").filter(number=number)
    if seen_by.kind == "supplier":
        found = found.filter(supplier_id=seen_by.organisation_id)
    return found.first()


def open_correction(product: Product, supplier_id: int) -> ProductCorrection | None:
    """What this supplier has proposed already and waits for a decision."""
    return ProductCorrection.objects.filter(product=product, supplier_id=supplier_id, state=PROPOSED).first()


def library_counts() -> dict[str, int]:
    """How much waits for the desk."""
    return {
        "matches": ProductMatch.objects.filter(state=PROPOSED).count(),
        "corrections": ProductCorrection.objects.filter(state=PROPOSED).count(),
    }


def offers_of_product(product: Product) -> list[Offer]:
    """All offers of a product in every state, those on sale first."""
    rows = Offer.objects.filter(product=product).select_related("supplier").order_by("price", "pk")[:OFFERS_SHOWN]
    return sorted(rows, key=lambda offer: (offer.state != "listed", offer.price, offer.pk))


def living_offers_of(product: Product) -> int:
    """On how many suppliers' shelves the product stands."""
    return Offer.objects.filter(product=product, state__in=LIVE).count()


def offered_twice(one: Product, other: Product) -> list[tuple[Offer, Offer]]:
    """The living offers of suppliers that have both products, side by side. One query."""
    rows = Offer.objects.filter(product__in=[one, other], state__in=LIVE).select_related("supplier").order_by("supplier_id", "pk")
    ours = {offer.supplier_id: offer for offer in rows if offer.product_id == one.pk}
    return [(ours[offer.supplier_id], offer) for offer in rows if offer.product_id == other.pk and offer.supplier_id in ours]
