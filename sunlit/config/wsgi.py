"""The door for the web server: the WSGI application of the pages and of the API."""

import gc
import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "sunlit.config.settings")

application = get_wsgi_application()

# A page makes tens of thousands of small objects and lets them go at its end: a collector that looks after every 700 of them, at all
# that was loaded, takes a fifth of the time. What is loaded now stays; the rest is looked through after every 50,000.
gc.collect()
gc.freeze()
gc.set_threshold(50_000, 20, 50)
