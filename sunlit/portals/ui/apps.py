"""The kit as a Django app; when it starts it lets every portal hang up its navigation."""

from django.apps import AppConfig
from django.utils.module_loading import autodiscover_modules


class UI(AppConfig):
    name = "sunlit.portals.ui"
    label = "ui"

    def ready(self) -> None:
        autodiscover_modules("navigation")
