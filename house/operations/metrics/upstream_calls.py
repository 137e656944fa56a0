"""Counts requests to upstream by host: fal's hosts by name, all file hosts together."""

from __future__ import annotations

from urllib.parse import urlsplit

from catalog import upstream
from core.process import counters
from fal import FalError

FILES = "files"


def host(address: str) -> str:
    """Return the label for an address or a host: one of few, whatever upstream sends."""
    name = urlsplit(address if "//" in address else f"//{address}").netloc
    return name if name in _own_hosts() else FILES


def record(url: str, error: FalError | None, seconds: float) -> None:
    """Count a request that has ended."""
    label = host(url)
    counters.observe("vitrine_upstream_seconds", seconds, host=label)
    if error is not None:
        counters.count("vitrine_upstream_errors_total", host=label, error=type(error).__name__)


def _own_hosts() -> set[str]:
    to = upstream.addresses()
    return {urlsplit(base).netloc for base in (to.api, to.queue, to.run, to.ws, to.rest)}
