"""What stands in the buyer's navigation."""

from django.utils.translation import gettext_lazy as _

from sunlit.portals.ui.navigation import Item, offer


def hang_up() -> None:
    """Called once, when the portal is ready."""
    offer(
        "buyer",
        Item("desk", _("My desk"), "buyer:desk", "layout-dashboard"),
        Item("cart", _("Cart"), "buyer:cart", "shopping-cart", frozenset({"orderer", "lead"})),
        Item("orders", _("Orders"), "buyer:orders", "package"),
        Item("auctions", _("Reverse auctions"), "buyer:auctions", "gavel"),
        Item("demands", _("Demands"), "buyer:demands", "clipboard-list"),
        Item("budget", _("Budget"), "buyer:budget", "wallet"),
        Item("intentions", _("Intentions"), "buyer:intentions", "scroll-text"),
        Item("cases", _("Remarks on purchases"), "buyer:cases", "message-square"),
        Item("plans", _("Plans"), "buyer:plans", "clipboard-list"),
        Item("direct", _("Direct purchase"), "buyer:direct", "factory"),
        Item("frameworks", _("Framework agreements"), "buyer:frameworks", "file-check"),
        Item("batches", _("Batch purchases"), "buyer:batches", "box"),
        Item("work_orders", _("Designated services"), "buyer:work_orders", "wrench"),
        Item("quotations", _("Online quotations"), "buyer:quotations", "lock"),
        Item("suppliers", _("Suppliers"), "buyer:suppliers", "store"),
        Item("favourites", _("Favourites"), "buyer:favourites", "star"),
        Item("organisation", _("My organisation"), "organisation", "building-2"),
    )
