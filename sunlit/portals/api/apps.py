"""The api portal."""

from django.apps import AppConfig


class Api(AppConfig):
    name = "sunlit.portals.api"
    label = "portal_api"
