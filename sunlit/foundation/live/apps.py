"""The live events as a Django app: its rooms are stored."""

from django.apps import AppConfig


class Live(AppConfig):
    name = "sunlit.foundation.live"
    label = "live"
    default_auto_field = "django.db.models.BigAutoField"
