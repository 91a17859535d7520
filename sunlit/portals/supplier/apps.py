"""The supplier portal."""

from django.apps import AppConfig


class Supplier(AppConfig):
    name = "sunlit.portals.supplier"
    label = "portal_supplier"

    def ready(self) -> None:
        from sunlit.portals.supplier import navigation

        navigation.hang_up()
