"""The verbs of supervision."""

from sunlit.domain.supervision.services.deciding import appeal, clear, dismiss, explain, fall_due, freeze, keep_frozen, release
from sunlit.domain.supervision.services.evaluating import evaluate
from sunlit.domain.supervision.services.following import follow
from sunlit.domain.supervision.services.looking import look_at_offers, look_at_products, notify_found
from sunlit.domain.supervision.services.references import EMPTY_FILE, HEADINGS, Brought, ask_price_feed, import_references, template
from sunlit.domain.supervision.services.splitting import (
    Looked,
    clear_splitting,
    dismiss_splitting,
    explain_splitting,
    follow_purchases,
    look_at_splitting,
    splitting_falls_due,
    uphold_splitting,
)
from sunlit.domain.supervision.services.sweeping import sweep

__all__ = [
    "EMPTY_FILE",
    "HEADINGS",
    "Brought",
    "Looked",
    "appeal",
    "ask_price_feed",
    "clear",
    "clear_splitting",
    "dismiss",
    "dismiss_splitting",
    "evaluate",
    "explain",
    "explain_splitting",
    "fall_due",
    "follow",
    "follow_purchases",
    "freeze",
    "import_references",
    "keep_frozen",
    "look_at_offers",
    "look_at_products",
    "look_at_splitting",
    "notify_found",
    "release",
    "splitting_falls_due",
    "sweep",
    "template",
    "uphold_splitting",
]
