"""Builds the ASGI application: all hosts under prefixes of one address, or one host at the root."""

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.routing import BaseRoute, Mount

from sandbox.config import PREFIXES, Config
from sandbox.hosts import control, platform, queue, run, storage, ws
from sandbox.state import Sandbox

HOSTS: dict[str, Callable[[Sandbox], Sequence[BaseRoute]]] = {
    "api": platform.routes,
    "queue": queue.routes,
    "run": run.routes,
    "ws": ws.routes,
    "rest": storage.rest_routes,
    "cdn": storage.upload_routes,
    "files": storage.file_routes,
}
EXPOSED = [
    "x-fal-request-id",
    "x-fal-billable-units",
    "x-fal-error-type",
    "x-fal-needs-retry",
    "etag",
    "content-range",
    "content-length",
]


def build(config: Config) -> Starlette:
    """Return a new sandbox with all hosts, under `config.PREFIXES` and `/_sandbox`."""
    sandbox = Sandbox(config)
    mounts: list[BaseRoute] = [
        Mount(prefix, routes=HOSTS[host](sandbox)) for host, prefix in PREFIXES.items()
    ]
    return _app(sandbox, [*mounts, Mount("/_sandbox", routes=control.routes(sandbox))])


def build_host(sandbox: Sandbox, host: str) -> Starlette:
    """Return one host of a sandbox at the root; hosts on the same event loop share its queue."""
    return _app(sandbox, list(HOSTS[host](sandbox)))


def _app(sandbox: Sandbox, routes: list[BaseRoute]) -> Starlette:
    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        yield
        await sandbox.close()

    cors = Middleware(
        CORSMiddleware,
        allow_origins=["*"],
        allow_methods=["*"],
        allow_headers=["*"],
        expose_headers=EXPOSED,
    )
    app = Starlette(routes=routes, middleware=[cors], lifespan=lifespan)
    app.state.sandbox = sandbox
    return app
