"""Webhooks about ended requests, signed with Ed25519 as fal signs them."""

import asyncio
import base64
import hashlib
import logging
import time
from typing import TYPE_CHECKING, Any

import orjson
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from sandbox.config import Config
from sandbox.execution.engine import Request
from sandbox.faults import Faults

if TYPE_CHECKING:
    import httpx

log = logging.getLogger(__name__)

USER_ID = "sandbox|local"


class Webhooks:
    """Delivers webhooks; retries after timeouts and errors, but not after a redirect."""

    def __init__(self, config: Config, faults: Faults) -> None:
        self._config = config
        self._faults = faults
        self._key = Ed25519PrivateKey.generate()
        self._client: httpx.AsyncClient | None = None

    def jwks(self) -> dict[str, Any]:
        """Return the public key as a JSON Web Key Set."""
        raw = self._key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
        x = base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
        return {"keys": [{"kty": "OKP", "crv": "Ed25519", "x": x, "use": "sig", "alg": "EdDSA"}]}

    async def report(self, request: Request) -> None:
        """Send the request's outcome to its webhook, with any active webhook fault."""
        fault = self._faults.take("webhook")
        name = fault.name if fault else ""
        if fault and name == "late":
            await asyncio.sleep(fault.value or 1)
        if name == "new-key":
            self._key = Ed25519PrivateKey.generate()
        message = _message(request)
        if name == "no-payload":
            why = "Response payload is not JSON serializable."
            message |= {"payload": None, "payload_error": why}
        body = orjson.dumps(message)
        if name == "forged":
            await self._post(request, body, Ed25519PrivateKey.generate())
        for _ in range({"lost": 0, "twice": 2}.get(name, 1)):
            await self._deliver(request, body)

    async def _deliver(self, request: Request, body: bytes) -> None:
        """Post until it is acknowledged; give up after the configured number of retries."""
        for attempt in range(self._config.webhook_retries + 1):
            if attempt:
                await asyncio.sleep(min(60, self._config.webhook_backoff_s * 2 ** (attempt - 1)))
            if await self._post(request, body, self._key):
                return
        log.warning("webhook of %s never delivered", request.id)

    async def close(self) -> None:
        """Close the connections."""
        if self._client is not None:
            await self._client.aclose()

    async def _post(self, request: Request, body: bytes, key: Ed25519PrivateKey) -> bool:
        """Post once; return whether the webhook acknowledged it."""
        import httpx  # takes megabytes, and most sandboxes send no webhooks

        if self._client is None:
            self._client = httpx.AsyncClient(timeout=self._config.webhook_timeout_s)
        try:
            response = await self._client.post(
                str(request.webhook), content=body, headers=_signature(key, request.id, body)
            )
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            log.info("webhook of %s: %r", request.id, error)
            return False
        return response.is_success or response.is_redirect


def _signature(key: Ed25519PrivateKey, request_id: str, body: bytes) -> dict[str, str]:
    stamp = str(int(time.time()))
    parts = (request_id, USER_ID, stamp, hashlib.sha256(body).hexdigest())
    return {
        "Content-Type": "application/json",
        "X-Fal-Webhook-Request-Id": request_id,
        "X-Fal-Webhook-User-Id": USER_ID,
        "X-Fal-Webhook-Timestamp": stamp,
        "X-Fal-Webhook-Signature": key.sign("\n".join(parts).encode()).hex(),
    }


def _message(request: Request) -> dict[str, Any]:
    head = {"request_id": request.id, "gateway_request_id": request.id}
    if request.failure is None:
        return head | {"status": "OK", "payload": request.output}
    text = request.failure.text
    return head | {"status": "ERROR", "error": text, "payload": request.failure.body()}
