"""The supplier portal."""

from django.apps import AppConfig


class Supplier(AppConfig):
    name = "sunlit.portals.supplier"
    label = "portal_supplier"
