"""What stands in the regulator's navigation."""

from django.utils.translation import gettext_lazy as _

from sunlit.domain.catalog import queries as catalog
from sunlit.domain.planning import queries as planning
from sunlit.domain.registry import queries as registry
from sunlit.domain.rulebook import queries as rulebook
from sunlit.domain.supervision import queries as supervision
from sunlit.domain.supervision.queries import splitting
from sunlit.portals.ui.navigation import Item, offer


def hang_up() -> None:
    """Called once, when the portal is ready."""
    offer(
        "regulator",
        Item("board", _("Live board"), "regulator:board", "activity"),
        Item("reviews", _("Listing reviews"), "regulator:reviews", "clipboard-check", waits=catalog.awaiting_review),
        Item("applications", _("Entry applications"), "regulator:applications", "user-check", waits=registry.awaiting_review),
        Item("orders", _("Orders and rulings"), "regulator:orders", "gavel"),
        Item("plans", _("Plans"), "regulator:plans", "clipboard-list", waits=planning.awaiting_approval),
        Item("frameworks", _("Framework agreements"), "regulator:frameworks", "file-check"),
        Item("running", _("Running purchases"), "regulator:running", "gauge"),
        Item("batches", _("Batch purchases"), "regulator:batches", "box"),
        Item("work_orders", _("Designated services"), "regulator:work_orders", "wrench"),
        Item("unit_offers", _("Purchases between units"), "regulator:unit_offers", "building-2"),
        Item("auctions", _("Reverse auctions"), "regulator:auctions", "activity"),
        Item("quotations", _("Online quotations"), "regulator:quotations", "lock"),
        Item("suppliers", _("Suppliers"), "regulator:suppliers", "store"),
        Item("offers", _("Offers"), "regulator:offers", "tag"),
        Item("cases", _("Supervision of offers"), "regulator:cases", "scan-search", waits=supervision.awaiting_decision),
        Item("splitting", _("Splitting of purchases"), "regulator:splitting", "scissors", waits=splitting.awaiting_decision),
        Item("references", _("Reference prices"), "regulator:references", "badge-percent"),
        Item("library", _("Product library"), "library:matches", "git-compare"),
        Item("rules", _("Rulebook"), "regulator:rules", "scale"),
        Item("drafts", _("Changes of rules"), "regulator:drafts", "pencil", waits=rulebook.awaiting_review),
        Item("calendar", _("Working calendar"), "regulator:calendar", "calendar"),
        Item("outages", _("Declared outages"), "regulator:outages", "clock", waits=rulebook.reports_awaiting_decision),
        Item("buyers", _("Buyers"), "regulator:buyers", "building-2"),
        Item("budgets", _("Budgets"), "regulator:budgets", "wallet"),
        Item("ledger", _("Ledger"), "regulator:ledger", "stamp"),
    )
