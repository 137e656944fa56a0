"""Sends one call to the proxy, as fal's clients do."""

import json
from collections.abc import Callable
from typing import Any

from django.test import Client

FLUX = "fal-ai/flux/dev"
QUEUE = "https://queue.fal.run"
SUBMIT = f"{QUEUE}/{FLUX}"
Call = Callable[..., Any]


def send(browser: Client, method: str, target: str, body: Any = None, **headers: str) -> Any:
    """Return the proxy's response to a call of `target`; `headers` have underscores for hyphens."""
    content = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body)
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return browser.generic(
        method,
        "/api/fal/proxy",
        content,
        content_type="application/json",
        headers={"x-fal-target-url": target, **named},
    )
