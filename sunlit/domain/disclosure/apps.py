"""The disclosure room."""

from django.apps import AppConfig


class Disclosure(AppConfig):
    name = "sunlit.domain.disclosure"
    label = "disclosure"
    default_auto_field = "django.db.models.BigAutoField"
