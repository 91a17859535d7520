"""What stands in the operator's navigation."""

from django.utils.translation import gettext_lazy as _

from sunlit.portals.ui.navigation import Item, offer


def hang_up() -> None:
    """Called once, when the portal is ready."""
    offer(
        "operator",
        Item("health", _("Health"), "operator:health", "heart-pulse"),
        Item("letters", _("Dead letters"), "operator:letters", "mail"),
        Item("outages", _("Declared outages"), "operator:outages", "clock"),
        Item("organisations", _("Organisations"), "operator:organisations", "building-2"),
        Item("people", _("People"), "operator:people", "users"),
        Item("synonyms", _("Synonyms"), "operator:synonyms", "languages"),
        Item("references", _("Reference prices"), "regulator:references", "badge-percent"),
        Item("library", _("Product library"), "library:matches", "git-compare"),
        Item("settings", _("Settings"), "operator:settings", "settings"),
        Item("reasons", _("Reasons"), "operator:reasons", "circle-alert"),
        Item("lives", _("Lives"), "operator:lives", "git-compare"),
    )
