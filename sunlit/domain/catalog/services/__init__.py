"""The verbs of the product library."""

from sunlit.domain.catalog.services.imports import (
    actor_of,
    carry_on_import,
    carry_out_import,
    check_import,
    discard_import,
    hand_in_import,
    problem_of,
)
from sunlit.domain.catalog.services.indexing import build_missing_index, index_acts, rebuild_index
from sunlit.domain.catalog.services.loading import Loaded, add_reference_prices, load_categories, load_compact, load_templates
from sunlit.domain.catalog.services.offers import (
    Approved,
    appeal,
    approve_offer,
    approve_offers,
    delist,
    draft_offer,
    edit_offer,
    freeze,
    keep_frozen,
    refuse_offer,
    release,
    reprice,
    restock,
    revise_offer,
    submit_offer,
    update_offer,
)
from sunlit.domain.catalog.services.sheets import label_of, template_workbook
from sunlit.domain.catalog.services.shelving import RowResult, upsert_offers
from sunlit.domain.catalog.services.stock import return_stock, take_stock

__all__ = [
    "Approved",
    "Loaded",
    "RowResult",
    "actor_of",
    "add_reference_prices",
    "appeal",
    "approve_offer",
    "approve_offers",
    "build_missing_index",
    "carry_on_import",
    "carry_out_import",
    "check_import",
    "delist",
    "discard_import",
    "draft_offer",
    "edit_offer",
    "freeze",
    "hand_in_import",
    "index_acts",
    "keep_frozen",
    "label_of",
    "load_categories",
    "load_compact",
    "load_templates",
    "problem_of",
    "rebuild_index",
    "refuse_offer",
    "release",
    "reprice",
    "restock",
    "return_stock",
    "revise_offer",
    "submit_offer",
    "take_stock",
    "template_workbook",
    "update_offer",
    "upsert_offers",
]
