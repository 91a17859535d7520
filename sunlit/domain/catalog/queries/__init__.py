"""The face of the product library: what others may ask of it."""

from sunlit.domain.catalog.queries.categories import Tree, category, forget, template, tree
from sunlit.domain.catalog.queries.clerks import (
    ImportPage,
    import_,
    imports_of,
    imports_under_way,
    prices_of,
    product_to_offer,
    products_like,
)
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
    "ImportPage",
    "OfferPage",
    "Tree",
    "category",
    "counts_of",
    "forget",
    "import_",
    "imports_of",
    "imports_under_way",
    "listed_counts",
    "locked_for_order",
    "medians",
    "offer",
    "offers_in_region",
    "offers_of",
    "offers_to_review",
    "prices_of",
    "product_to_offer",
    "products_like",
    "reference_prices",
    "references",
    "template",
    "to_review_count",
    "tree",
]
