"""The door for the web server: the WSGI application of the pages and of the API."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "sunlit.config.settings")

application = get_wsgi_application()
