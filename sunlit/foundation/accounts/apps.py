"""The accounts room."""

from django.apps import AppConfig


class Accounts(AppConfig):
    name = "sunlit.foundation.accounts"
    label = "accounts"
    default_auto_field = "django.db.models.BigAutoField"
