"""The room of files: what people upload, checked, named by its content, kept."""

from django.apps import AppConfig


class Files(AppConfig):
    name = "sunlit.foundation.files"
    label = "files"
    default_auto_field = "django.db.models.BigAutoField"
