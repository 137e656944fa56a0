"""Signs and delivers webhooks as fal does."""

import asyncio
import base64
import hashlib
import json
import time
from collections.abc import Callable, Coroutine
from typing import Any

import httpx
import pytest
from asgiref.sync import sync_to_async
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from django.db import connections
from django.test import Client
from django.utils import timezone

import fal
from catalog import upstream
from runs.models import Run, UpstreamKeys
from runs.worker.webhooks import processing

Deliver = Callable[..., int]
OUTPUT = {
    "images": [{"url": "https://v3.fal.media/files/x/a.png", "content_type": "image/png"}],
    "seed": 1234567890123456789,
}

LINE = {"timestamp": "2026-11-21T10:00:00", "level": "INFO", "message": "done"}
COMPLETED = {"status": "COMPLETED", "logs": [LINE], "metrics": {"inference_time": 1.5}}


class Fal:
    """Signs and delivers as fal does; counts how often its keys and results are fetched."""

    def __init__(self) -> None:
        self.key = Ed25519PrivateKey.generate()
        self.fetched: list[str] = []
        self.status = httpx.Response(200, json=COMPLETED)
        self.result = httpx.Response(200, json=OUTPUT, headers={"x-fal-billable-units": "2"})

    def jwks(self) -> dict[str, Any]:
        raw = self.key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
        x = base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
        return {"keys": [{"kty": "OKP", "crv": "Ed25519", "x": x}]}

    def signed(
        self, body: bytes, request_id: str = "r1", at: float | None = None, user: str = "user_42"
    ) -> dict[str, str]:
        stamp = str(int(at or time.time()))
        parts = [request_id, user, stamp, hashlib.sha256(body).hexdigest()]
        names = ("Request-Id", "User-Id", "Timestamp", "Signature")
        values = (*parts[:3], self.key.sign("\n".join(parts).encode()).hex())
        return {f"X-Fal-Webhook-{n}": v for n, v in zip(names, values, strict=True)}

    def answer(self, request: httpx.Request) -> httpx.Response:
        self.fetched.append(request.url.path)
        responses = {"jwks.json": httpx.Response(200, json=self.jwks()), "status": self.status}
        return responses.get(request.url.path.rpartition("/")[2], self.result)

    def tend(
        self, part: Callable[[Any], Coroutine[Any, Any, float]] = processing.process_pending
    ) -> None:
        """Run one round of a part of the worker, against this fal."""

        async def work() -> None:
            try:
                transport, limits = httpx.MockTransport(self.answer), fal.Limits(first_pause_s=0)
                async with upstream.clients(transport=transport, limits=limits) as clients:
                    await part(clients)
            finally:
                await sync_to_async(connections.close_all)()

        asyncio.run(work())


@pytest.fixture
def signer(db: None, settings: Any) -> Fal:
    """A sender whose keys we have."""
    settings.PUBLIC_URL = "https://vitrine.example"
    fal_double = Fal()
    UpstreamKeys.objects.create(pk=1, jwks=fal_double.jwks(), fetched_at=timezone.now())
    return fal_double


@pytest.fixture
def deliver(signer: Fal, client: Client) -> Deliver:
    """`deliver(run, payload=…)` → the status of our answer."""

    def post(
        run: Run | str,
        body: bytes | None = None,
        *,
        signer: Fal = signer,
        request_id: str = "r1",
        **fields: Any,
    ) -> int:
        message = {"request_id": "r1", "gateway_request_id": "r1", "status": "OK"} | fields
        body = json.dumps(message).encode() if body is None else body
        token = run if isinstance(run, str) else run.webhook_token
        answer = client.post(
            f"/webhooks/fal/{token}/",
            body,
            content_type="application/json",
            headers=signer.signed(body, request_id),
        )
        return answer.status_code

    return post
