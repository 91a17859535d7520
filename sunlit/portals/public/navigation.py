"""What stands in the navigation that everybody sees."""

from django.utils.translation import gettext_lazy as _

from sunlit.portals.ui.navigation import Item, offer

offer(
    "public",
    Item("home", _("Home"), "home", "house"),
    Item("categories", _("Categories"), "categories", "grid-2x2"),
    Item("intentions", _("Intentions"), "intentions", "scroll-text"),
    Item("frameworks", _("Framework agreements"), "frameworks", "file-check"),
    Item("batches", _("Batch purchases"), "batches", "box"),
    Item("unit_offers", _("Between units"), "unit_offers", "building-2"),
    Item("auctions", _("Reverse auctions"), "auctions", "gavel"),
    Item("quotations", _("Quotations"), "quotations", "lock"),
    Item("deals", _("Deals"), "deals", "receipt-text"),
    Item("rules", _("Rulebook"), "rules", "scale"),
    Item("verify", _("Verify"), "verify", "stamp"),
    Item("about", _("About"), "about", "info"),
)
