"""The ASGI application of the web process: passes each connection to the application for it.

Pages are synchronous and run in a fixed pool of threads with persistent database connections. Long
polls and file transfers run on the event loop, so they occupy no thread. ADR 42 has the reasons.
"""

import logging
import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

from django.conf import settings

from config.starting.readiness import load_checked
from core.http.posted_forms import get_wsgi_application

wsgi_application = load_checked(get_wsgi_application)

from config.server import url_locals  # noqa: E402
from config.server.thread_pool import ThreadPoolApp, is_not_cancellation  # noqa: E402
from core.http import header_limits, request_ids  # noqa: E402
from core.http.asgi import App, Receive, Scope, Send  # noqa: E402
from core.http.forwarding import is_not_broken_response  # noqa: E402

url_locals.install()
pages = ThreadPoolApp(wsgi_application)

import config.urls  # noqa: E402, F401  imports the views now, not during the first request
from api.assistants import http as assistants_http  # noqa: E402
from api.fal_proxy.relayed_streams import RelayedStreams  # noqa: E402
from api.fal_proxy.status_streams import StatusStreams  # noqa: E402
from api.wait import HeldResponses  # noqa: E402
from catalog.pictures import picture_files  # noqa: E402
from core.live.broker import Broker  # noqa: E402
from core.process.tuning import freeze_gc  # noqa: E402
from features.sharing.live import polls as share_polls  # noqa: E402
from house.operations.metrics.requests import CountedRequests, page_routes  # noqa: E402
from runs.live import long_poll  # noqa: E402


def broker() -> Broker | None:
    """Return the broker that holds waiting requests; None before this process has started."""
    return router.broker


streams = StatusStreams(RelayedStreams(pages, settings.GATEWAY_URL), broker)
held = HeldResponses(streams, broker)
assistants = assistants_http.Assistants(held, settings.MCP_SPENDING_CAP)
router: long_poll.Router = long_poll.Router(held, on_shutdown=assistants.release_all)
reviews = share_polls.SharePolls(broker, router.sessions)
freeze_gc()
logging.getLogger("uvicorn.error").addFilter(is_not_cancellation)
logging.getLogger("uvicorn.error").addFilter(is_not_broken_response)


async def serve(scope: Scope, receive: Receive, send: Send) -> None:
    """Serve one connection: a thumbnail, an assistant, a long poll or a page."""
    if scope["type"] == "http" and picture_files.is_picture(scope["path"]):
        await picture_files.serve(scope, send)
    elif scope["type"] == "http" and scope["path"] in assistants_http.PATHS:
        await assistants(scope, receive, send)
    elif scope["type"] == "http" and scope["path"] == share_polls.PATH:
        await reviews(scope, receive, send)
    else:
        await router(scope, receive, send)


def counted(app: App) -> App:
    """Return `app` with its requests counted, if METRICS_TOKEN lets somebody read the counts."""
    if not settings.METRICS_TOKEN:
        return app
    routes = {*page_routes(), assistants_http.PATH, settings.STATIC_URL.rstrip("/")}
    return CountedRequests(app, routes, held={long_poll.PATH, share_polls.PATH})


application = request_ids.WithRequestId(header_limits.LimitedCookies(counted(serve)))
