"""The buyer's portal."""

from django.apps import AppConfig


class Buyer(AppConfig):
    name = "sunlit.portals.buyer"
    label = "portal_buyer"

    def ready(self) -> None:
        from sunlit.portals.buyer import navigation

        navigation.hang_up()
