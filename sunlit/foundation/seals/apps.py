"""The room of seals: envelopes that nobody can open before their time."""

from django.apps import AppConfig


class Seals(AppConfig):
    name = "sunlit.foundation.seals"
    label = "seals"
    default_auto_field = "django.db.models.BigAutoField"
