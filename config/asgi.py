"""The server's one entrance.

Ordinary pages are synchronous and run in a fixed pool of threads with lasting
database connections; what waits (held polls) is asynchronous and never takes a
thread while it waits. `docs/adr/` says how this was measured.
"""

import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

from a2wsgi import WSGIMiddleware
from django.core.wsgi import get_wsgi_application

pages = WSGIMiddleware(get_wsgi_application(), workers=8)  # type: ignore[arg-type]

from playground import live  # noqa: E402

application = live.Router(pages)
