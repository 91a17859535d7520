"""The operator's portal."""

from django.apps import AppConfig


class Operator(AppConfig):
    name = "sunlit.portals.operator"
    label = "portal_operator"

    def ready(self) -> None:
        from sunlit.portals.operator import navigation

        navigation.hang_up()
