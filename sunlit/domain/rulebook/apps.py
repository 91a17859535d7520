"""The rulebook room."""

from django.apps import AppConfig


class Rulebook(AppConfig):
    name = "sunlit.domain.rulebook"
    label = "rulebook"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from sunlit.domain.rulebook import services  # noqa: F401 (gives the acts of this room their sentences)
