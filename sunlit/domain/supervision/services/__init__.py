"""The verbs of supervision."""

from sunlit.domain.supervision.services.deciding import appeal, clear, dismiss, explain, fall_due, freeze, keep_frozen, release
from sunlit.domain.supervision.services.following import follow
from sunlit.domain.supervision.services.looking import look_at_offers, look_at_products, notify_found
from sunlit.domain.supervision.services.sweeping import sweep

__all__ = [
    "appeal",
    "clear",
    "dismiss",
    "explain",
    "fall_due",
    "follow",
    "freeze",
    "keep_frozen",
    "look_at_offers",
    "look_at_products",
    "notify_found",
    "release",
    "sweep",
]
