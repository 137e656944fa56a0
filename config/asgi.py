"""The server's one entrance.

Ordinary pages are synchronous and run in a fixed pool of threads with lasting
database connections; what waits (held polls) is asynchronous and never takes a
thread while it waits, nor does a file while it is sent; static files need
neither. `docs/adr/` says why.
"""

import logging
import os
from pathlib import Path

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

from django.conf import settings
from django.core.wsgi import get_wsgi_application

from catalog.asgi import Receive, Scope, Send
from config.pages import Pages, is_news

pages = Pages(get_wsgi_application())

import config.urls  # noqa: E402, F401  the pages' code, before anybody asks for one
from catalog.pictures import picture_files  # noqa: E402
from config.memory import settle  # noqa: E402
from config.statics import Statics  # noqa: E402
from playground import live  # noqa: E402

statics = Statics(Path(settings.STATIC_ROOT), settings.STATIC_URL)
router = live.Router(pages)
settle()
logging.getLogger("uvicorn.error").addFilter(is_news)


async def application(scope: Scope, receive: Receive, send: Send) -> None:
    """Serve one connection: a static file, a thumbnail, a held poll or a page."""
    if scope["type"] == "http" and scope["path"] in statics:
        await statics.serve(scope, send)
    elif scope["type"] == "http" and picture_files.is_picture(scope["path"]):
        await picture_files.serve(scope, send)
    else:
        await router(scope, receive, send)
