"""The catalog room."""

from django.apps import AppConfig


class Catalog(AppConfig):
    name = "sunlit.domain.catalog"
    label = "catalog"
    default_auto_field = "django.db.models.BigAutoField"
