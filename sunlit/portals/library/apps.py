"""The desk of the product library."""

from django.apps import AppConfig


class Library(AppConfig):
    name = "sunlit.portals.library"
    label = "portal_library"
