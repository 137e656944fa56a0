"""The ASGI application: streams for the web process, live sessions for fal's clients.

All other connections are live sessions of pages (`runs/realtime/relay.py`).
"""

from __future__ import annotations

import asyncio

import fal
from api.fal_proxy.tickets import STREAM_PATH
from api.gateway.sessions import LiveSessions, is_session
from api.gateway.streams import Streams
from core.http.asgi import Message, Receive, Send
from playground.form import form_state
from runs.realtime.relay import Relay

# `manage.py doctor` requests it to check that an address leads to this process.
ALIVE_PATH, ALIVE = "/livez", b"realtime\n"


class Gateway:
    """Serves connections that need an open connection to upstream."""

    def __init__(self, upstream: fal.Clients) -> None:
        self.relay = Relay(upstream, form_state.parse_form)
        self.streams = Streams(upstream)
        self.sessions = LiveSessions(upstream, self.relay.name)

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Serve one connection."""
        if scope["type"] == "http" and scope["path"].startswith(STREAM_PATH):
            await self.streams.serve(scope["path"].removeprefix(STREAM_PATH), receive, send)
        elif scope["type"] == "http" and scope["path"].endswith(ALIVE_PATH):
            await send({"type": "http.response.start", "status": 200, "headers": []})
            await send({"type": "http.response.body", "body": ALIVE})
        elif scope["type"] == "websocket" and is_session(scope["path"]):
            await self.sessions.serve(scope, receive, send)
        else:
            await self.relay(scope, receive, send)

    async def stop(self) -> None:
        """End everything before the server closes the connections."""
        await asyncio.gather(self.relay.stop(), self.streams.stop(), self.sessions.stop())
