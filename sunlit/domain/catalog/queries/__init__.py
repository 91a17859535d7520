"""The face of the product library: what others may ask of it."""

from sunlit.domain.catalog.queries.categories import Tree, category, forget, template, tree
from sunlit.domain.catalog.queries.clerks import (
    ImportPage,
    categories_of,
    import_,
    imports_of,
    imports_under_way,
    offers_by_number,
    prices_of,
    product_to_offer,
    products_like,
)
from sunlit.domain.catalog.queries.comparing import Comparison, Pair, Similar, compare
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
from sunlit.domain.catalog.queries.products import ProductPage, product
from sunlit.domain.catalog.queries.search import SORTS, FacetList, FacetValue, SearchPage, SearchRequest, request_of, search, suggest
from sunlit.domain.catalog.queries.specs import named, specs_of
from sunlit.domain.catalog.queries.synonyms import synonym_count, synonym_page, thesaurus
from sunlit.domain.catalog.queries.watching import Above, AbovePage, above_reference, offers_alike
from sunlit.domain.catalog.rules.reading import key_of

__all__ = [
    "SORTS",
    "Above",
    "AbovePage",
    "Comparison",
    "FacetList",
    "FacetValue",
    "ImportPage",
    "OfferPage",
    "Pair",
    "ProductPage",
    "SearchPage",
    "SearchRequest",
    "Similar",
    "Tree",
    "above_reference",
    "categories_of",
    "category",
    "compare",
    "counts_of",
    "forget",
    "import_",
    "imports_of",
    "imports_under_way",
    "key_of",
    "listed_counts",
    "locked_for_order",
    "medians",
    "named",
    "offer",
    "offers_alike",
    "offers_by_number",
    "offers_in_region",
    "offers_of",
    "offers_to_review",
    "prices_of",
    "product",
    "product_to_offer",
    "products_like",
    "reference_prices",
    "references",
    "request_of",
    "search",
    "specs_of",
    "suggest",
    "synonym_count",
    "synonym_page",
    "template",
    "thesaurus",
    "to_review_count",
    "tree",
]
