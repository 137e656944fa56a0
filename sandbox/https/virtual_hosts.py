"""Serves fal's host names: the request's Host header selects the host.

`https://queue.fal.run/…` is equivalent to `…/queue/…`. Clients must resolve the names to this
machine (/etc/hosts, a browser's `--host-resolver-rules`) and trust the local authority.
"""

from __future__ import annotations

from starlette.types import ASGIApp, Receive, Scope, Send

PREFIXES = {
    "fal.run": "/run",
    "queue.fal.run": "/queue",
    "ws.fal.run": "/ws",
    "rest.fal.ai": "/rest",
    "api.fal.ai": "/api",
    "v3.fal.media": "/cdn",
}


class VirtualHosts:
    """The ASGI application: adds the path prefix of the host that a request names."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection."""
        if scope["type"] in {"http", "websocket"}:
            host = dict(scope["headers"]).get(b"host", b"").decode("latin-1").partition(":")[0]
            if prefix := PREFIXES.get(host.lower()):
                scope = {**scope, "path": prefix + scope["path"]}
        await self._app(scope, receive, send)
