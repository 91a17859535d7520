"""The regulator portal."""

from django.apps import AppConfig


class Regulator(AppConfig):
    name = "sunlit.portals.regulator"
    label = "portal_regulator"
