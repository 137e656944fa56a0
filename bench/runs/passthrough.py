"""`python -m bench.runs.passthrough PORT UPSTREAM KEY`: the minimal proxy for fal.

A plain ASGI application that adds the key and streams each call through, without storing or
checking anything.
"""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
import uvicorn
from starlette.applications import Starlette
from starlette.background import BackgroundTask
from starlette.requests import Request
from starlette.responses import StreamingResponse
from starlette.routing import Route

HOSTS = {"https://queue.fal.run": "/queue", "https://fal.run": "/run"}


def build(upstream: str, key: str) -> Starlette:
    """Return the application; `upstream` is a sandbox's address."""

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        limits = httpx.Limits(max_connections=None)
        async with httpx.AsyncClient(timeout=None, limits=limits) as client:
            app.state.client = client
            yield

    async def passed(request: Request) -> StreamingResponse:
        client: httpx.AsyncClient = request.app.state.client
        target = request.headers["x-fal-target-url"]
        for host, prefix in HOSTS.items():
            target = target.replace(f"{host}/", f"{upstream}{prefix}/")
        headers = {"authorization": f"Key {key}", "content-type": "application/json"}
        sent = client.build_request(
            request.method, target, headers=headers, content=await request.body()
        )
        answer = await client.send(sent, stream=True)
        relayed_headers = {"content-type", "x-fal-request-id"}
        return StreamingResponse(
            answer.aiter_raw(),
            answer.status_code,
            {name: value for name, value in answer.headers.items() if name in relayed_headers},
            background=BackgroundTask(answer.aclose),
        )

    routes = [Route("/api/fal/proxy", passed, methods=["GET", "POST", "PUT"])]
    return Starlette(routes=routes, lifespan=lifespan)


if __name__ == "__main__":
    port, upstream, key = sys.argv[1:]
    uvicorn.run(build(upstream, key), port=int(port), log_level="warning", access_log=False)
