"""The face of the product library: what others may ask of it."""

from sunlit.domain.catalog.queries.categories import Tree, category, forget, template, tree
from sunlit.domain.catalog.queries.offers import (
    OfferPage,
    counts_of,
    listed_counts,
    locked_for_order,
    medians,
    offer,
    offers_in_region,
    offers_of,
    offers_to_review,
    reference_prices,
    references,
    to_review_count,
)

__all__ = [
    "OfferPage",
    "Tree",
    "category",
    "counts_of",
    "forget",
    "listed_counts",
    "locked_for_order",
    "medians",
    "offer",
    "offers_in_region",
    "offers_of",
    "offers_to_review",
    "reference_prices",
    "references",
    "template",
    "to_review_count",
    "tree",
]
