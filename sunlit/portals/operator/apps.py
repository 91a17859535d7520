"""The operator portal."""

from django.apps import AppConfig


class Operator(AppConfig):
    name = "sunlit.portals.operator"
    label = "portal_operator"
