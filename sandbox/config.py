"""The sandbox's settings."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

PREFIXES = {
    "api": "/api/v1",
    "queue": "/queue",
    "run": "/run",
    "ws": "/ws",
    "rest": "/rest",
    "cdn": "/cdn",
    "files": "/files",
}


@dataclass(frozen=True)
class Config:
    """Settings of one sandbox; `addresses` overrides the public base address of single hosts."""

    data_dir: Path
    key: str = "sandbox:local"
    admin_key: str = "sandbox:admin"  # for usage and billing; runs nothing
    base: str = "http://127.0.0.1:8321"
    addresses: Mapping[str, str] = field(default_factory=dict)
    concurrency: int = 8  # requests in progress at once; further ones are queued
    pace: float = 1.0  # factor on the models' artificial waits; 0 leaves them out
    filler: int = 0  # extra endpoints, copies of the real ones, to test large catalogues
    ping_s: float = 15.0
    live_idle_s: float = 60.0  # a live session without input ends after this time
    webhook_retries: int = 10
    webhook_timeout_s: float = 15.0
    webhook_backoff_s: float = 0.5
    kept_requests: int = 5000
    max_upload_bytes: int = 512 * 1024 * 1024

    def address(self, host: str) -> str:
        """Return the public base address of a host, without a trailing slash."""
        base = self.base.replace("http", "ws", 1) if host == "ws" else self.base
        return self.addresses.get(host, base + PREFIXES[host]).rstrip("/")
