"""The rulebook room."""

from django.apps import AppConfig


class Rulebook(AppConfig):
    name = "sunlit.domain.rulebook"
    label = "rulebook"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from sunlit.domain.rulebook import services, states  # noqa: F401 (give the acts of this room their sentences, and drafts their life)
        from sunlit.domain.rulebook.rules import evaluation  # noqa: F401 (its reasons belong into the catalogue)
