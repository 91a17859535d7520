"""The verbs of supervision."""

from sunlit.domain.supervision.services.deciding import appeal, clear, dismiss, explain, fall_due, freeze, keep_frozen, release
from sunlit.domain.supervision.services.evaluating import evaluate
from sunlit.domain.supervision.services.following import follow
from sunlit.domain.supervision.services.looking import look_at_offers, look_at_products, notify_found
from sunlit.domain.supervision.services.references import EMPTY_FILE, HEADINGS, Brought, ask_price_feed, import_references, template
from sunlit.domain.supervision.services.sweeping import sweep

__all__ = [
    "EMPTY_FILE",
    "HEADINGS",
    "Brought",
    "appeal",
    "ask_price_feed",
    "clear",
    "dismiss",
    "evaluate",
    "explain",
    "fall_due",
    "follow",
    "freeze",
    "import_references",
    "keep_frozen",
    "look_at_offers",
    "look_at_products",
    "notify_found",
    "release",
    "sweep",
    "template",
]
