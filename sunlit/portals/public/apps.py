"""The public portal: what everybody sees without signing in."""

from django.apps import AppConfig


class Public(AppConfig):
    name = "sunlit.portals.public"
    label = "portal_public"
