"""What stands in the supplier's navigation."""

from django.utils.translation import gettext_lazy as _

from sunlit.portals.ui.navigation import Item, offer


def hang_up() -> None:
    """Called once, when the portal is ready."""
    offer(
        "supplier",
        Item("desk", _("My desk"), "supplier:desk", "layout-dashboard"),
        Item("orders", _("Orders"), "supplier:orders", "package"),
        Item("opportunities", _("Opportunities"), "supplier:opportunities", "inbox"),
        Item("auctions", _("Reverse auctions"), "supplier:auctions", "gavel"),
        Item("work_orders", _("Designated services"), "supplier:work_orders", "wrench"),
        Item("quotations", _("Online quotations"), "supplier:quotations", "lock"),
        Item("offers", _("Offers"), "supplier:offers", "tag"),
        Item("cases", _("Remarks on your offers"), "supplier:cases", "scan-search"),
        Item("frameworks", _("Framework agreements"), "supplier:frameworks", "file-check"),
        Item("batches", _("Batch purchases"), "supplier:batches", "box"),
        Item("surveys", _("Demand surveys"), "supplier:surveys", "message-square"),
        Item("declarations", _("Declarations"), "supplier:declarations", "file-text", frozenset({"admin"})),
        Item("imports", _("Import"), "supplier:imports", "file-spreadsheet", frozenset({"catalog", "admin"})),
        Item("ratings", _("Ratings"), "supplier:ratings", "star"),
        Item("organisation", _("My organisation"), "organisation", "building-2"),
    )
