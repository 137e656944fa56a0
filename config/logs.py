"""Keeps the secret parts of addresses out of the log."""

from __future__ import annotations

import logging
import re

HIDDEN = "[hidden]"
SECRETS = re.compile(
    r"(/login/link/|/login/reset/[^/\s]+/|/changes/feed/(?!address/)|/webhooks/fal/|[?&]ticket=)[^/\s&\"'?]+"
)


class Redacted(logging.Formatter):
    """Replaces login links, feed addresses, webhook tokens and tickets, in tracebacks too."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the formatted record with each secret replaced by `[hidden]`."""
        return SECRETS.sub(rf"\1{HIDDEN}", super().format(record))
