"""What stands in the regulator's navigation."""

from django.utils.translation import gettext_lazy as _

from sunlit.portals.ui.navigation import Item, offer


def hang_up() -> None:
    """Called once, when the portal is ready."""
    offer(
        "regulator",
        Item("board", _("Live board"), "regulator:board", "activity"),
        Item("reviews", _("Listing reviews"), "regulator:reviews", "clipboard-check"),
        Item("applications", _("Entry applications"), "regulator:applications", "user-check"),
        Item("orders", _("Orders and rulings"), "regulator:orders", "gavel"),
        Item("plans", _("Plans"), "regulator:plans", "clipboard-list"),
        Item("suppliers", _("Suppliers"), "regulator:suppliers", "store"),
        Item("offers", _("Offers"), "regulator:offers", "tag"),
        Item("cases", _("Supervision of offers"), "regulator:cases", "scan-search"),
        Item("splitting", _("Splitting of purchases"), "regulator:splitting", "scissors"),
        Item("references", _("Reference prices"), "regulator:references", "badge-percent"),
        Item("library", _("Product library"), "library:matches", "git-compare"),
        Item("rules", _("Rulebook"), "regulator:rules", "scale"),
        Item("drafts", _("Changes of rules"), "regulator:drafts", "pencil"),
        Item("calendar", _("Working calendar"), "regulator:calendar", "calendar"),
        Item("outages", _("Declared outages"), "regulator:outages", "clock"),
        Item("buyers", _("Buyers"), "regulator:buyers", "building-2"),
        Item("budgets", _("Budgets"), "regulator:budgets", "wallet"),
        Item("ledger", _("Ledger"), "regulator:ledger", "stamp"),
    )
