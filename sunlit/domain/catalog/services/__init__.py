"""The verbs of the product library."""

from sunlit.domain.catalog.services.caretaking import Caretaker
from sunlit.domain.catalog.services.correcting import accept_correction, propose_correction, refuse_correction, withdraw_correction
from sunlit.domain.catalog.services.imports import (
    actor_of,
    carry_on_import,
    carry_out_import,
    check_import,
    discard_import,
    hand_in_import,
    problem_of,
)
from sunlit.domain.catalog.services.indexing import concerns, follow_feed, rebuild_index, why_anew
from sunlit.domain.catalog.services.loading import Loaded, add_reference_prices, load_categories, load_compact, load_templates
from sunlit.domain.catalog.services.matching import keep_apart, propose
from sunlit.domain.catalog.services.merging import join_match, merge_products, split_product
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
from sunlit.domain.catalog.services.reconciling import reconcile
from sunlit.domain.catalog.services.sheets import label_of, template_workbook
from sunlit.domain.catalog.services.shelving import RowResult, upsert_offers
from sunlit.domain.catalog.services.sizing import Ending, claims_that_end, declare_maker, rest_claims_on_size
from sunlit.domain.catalog.services.stock import return_stock, take_stock
from sunlit.domain.catalog.services.synonyms import SYNONYMS_MOST, WORD_CHARS, add_synonym, load_synonyms, remove_synonym, shipped

__all__ = [
    "SYNONYMS_MOST",
    "WORD_CHARS",
    "Approved",
    "Caretaker",
    "Ending",
    "Loaded",
    "RowResult",
    "accept_correction",
    "actor_of",
    "add_reference_prices",
    "add_synonym",
    "appeal",
    "approve_offer",
    "approve_offers",
    "carry_on_import",
    "carry_out_import",
    "check_import",
    "claims_that_end",
    "concerns",
    "declare_maker",
    "delist",
    "discard_import",
    "draft_offer",
    "edit_offer",
    "follow_feed",
    "freeze",
    "hand_in_import",
    "join_match",
    "keep_apart",
    "keep_frozen",
    "label_of",
    "load_categories",
    "load_compact",
    "load_synonyms",
    "load_templates",
    "merge_products",
    "problem_of",
    "propose",
    "propose_correction",
    "rebuild_index",
    "reconcile",
    "refuse_correction",
    "refuse_offer",
    "release",
    "remove_synonym",
    "reprice",
    "rest_claims_on_size",
    "restock",
    "return_stock",
    "revise_offer",
    "shipped",
    "split_product",
    "submit_offer",
    "take_stock",
    "template_workbook",
    "update_offer",
    "upsert_offers",
    "why_anew",
    "withdraw_correction",
]
