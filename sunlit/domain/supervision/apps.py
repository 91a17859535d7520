"""The supervision room."""

from django.apps import AppConfig


class Supervision(AppConfig):
    name = "sunlit.domain.supervision"
    label = "supervision"
    default_auto_field = "django.db.models.BigAutoField"
