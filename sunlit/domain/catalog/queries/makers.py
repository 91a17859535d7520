"""Who makes the goods of an offer, as its supplier declared, and which claims by size that carries."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Final

from django.db.models import QuerySet

from sunlit.domain.catalog.models import MakerDeclaration, Tag
from sunlit.domain.registry import queries as registry
from sunlit.domain.registry.queries import SizeProof

BY_MAKER: Final = (Tag.SME.value, Tag.SMALL_MICRO.value)  # of goods the maker's size counts, not the dealer's (财库〔2020〕46号 art. 4)
DECLARED_ROWS: Final = 50


def makers_of(offer_ids: Iterable[int]) -> dict[int, MakerDeclaration]:
    """The last declaration of the maker of each of these offers, where there is one. One query."""
    return _latest(MakerDeclaration.objects.filter(offer_id__in=set(offer_ids)))


def makers_of_supplier(supplier_id: int) -> dict[int, MakerDeclaration]:
    """The same of all offers of a supplier: few of them have one."""
    return _latest(MakerDeclaration.objects.filter(offer__supplier_id=supplier_id))


def _latest(declared: QuerySet[MakerDeclaration]) -> dict[int, MakerDeclaration]:
    return {it.offer_id: it for it in declared.order_by("offer_id", "-declared_at", "-id").distinct("offer_id")}


def declared_makers(offer_id: int) -> list[MakerDeclaration]:
    """All declarations of the maker of an offer, the newest first."""
    return list(MakerDeclaration.objects.filter(offer_id=offer_id).select_related("declared_by")[:DECLARED_ROWS])


def carried(own: SizeProof, maker: MakerDeclaration | None, *, region_path: str, on: date) -> dict[str, date]:
    """The tags that declared sizes carry for an offer, with the last day of each: by the maker's size where the maker was declared, else by the
    supplier's own, which is its statement that the maker is such an enterprise too. Welfare and prison enterprises claim for themselves."""
    by_size = own if maker is None else registry.proof_by_figures(maker.counts_as, maker.year, region_path=region_path, on=on)
    told = {tag: by_size.until for tag in BY_MAKER if tag in by_size.policies}
    told |= {tag: own.until for tag in own.policies if tag not in BY_MAKER}
    return {tag: until for tag, until in told.items() if until is not None}
