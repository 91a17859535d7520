"""The public portal."""

from django.apps import AppConfig


class Public(AppConfig):
    name = "sunlit.portals.public"
    label = "portal_public"
