"""The contracts room."""

from django.apps import AppConfig


class Contracts(AppConfig):
    name = "sunlit.domain.contracts"
    label = "contracts"
    default_auto_field = "django.db.models.BigAutoField"
