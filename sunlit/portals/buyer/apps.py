"""The buyer portal."""

from django.apps import AppConfig


class Buyer(AppConfig):
    name = "sunlit.portals.buyer"
    label = "portal_buyer"
