"""The door for the web server: the ASGI application of the live events."""

import os

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "sunlit.config.settings")
django.setup()

from sunlit.foundation.live.asgi import application  # noqa: E402 - its models need Django to be set up

__all__ = ["application"]
