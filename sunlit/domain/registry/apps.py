"""The registry room."""

from django.apps import AppConfig


class Registry(AppConfig):
    name = "sunlit.domain.registry"
    label = "registry"
    default_auto_field = "django.db.models.BigAutoField"
