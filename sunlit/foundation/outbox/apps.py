"""The outbox: announcements and jobs, written with the deed and delivered after it."""

from django.apps import AppConfig
from django.utils.module_loading import autodiscover_modules


class Outbox(AppConfig):
    name = "sunlit.foundation.outbox"
    label = "outbox"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        autodiscover_modules("states", "reactions")
