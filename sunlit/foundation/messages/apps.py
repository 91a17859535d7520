"""The inbox: what the platform tells people, in the language in which each of them reads."""

from django.apps import AppConfig


class Messages(AppConfig):
    name = "sunlit.foundation.messages"
    label = "inbox"  # "messages" belongs to Django's own flash messages
    default_auto_field = "django.db.models.BigAutoField"
