"""The regulator's portal."""

from django.apps import AppConfig


class Regulator(AppConfig):
    name = "sunlit.portals.regulator"
    label = "portal_regulator"

    def ready(self) -> None:
        from sunlit.portals.regulator import navigation

        navigation.hang_up()
