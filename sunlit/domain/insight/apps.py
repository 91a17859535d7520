"""The insight room."""

from django.apps import AppConfig


class Insight(AppConfig):
    name = "sunlit.domain.insight"
    label = "insight"
    default_auto_field = "django.db.models.BigAutoField"
