"""The planning room."""

from django.apps import AppConfig


class Planning(AppConfig):
    name = "sunlit.domain.planning"
    label = "planning"
    default_auto_field = "django.db.models.BigAutoField"
