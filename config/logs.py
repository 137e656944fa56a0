"""Keeps the secret parts of addresses, and tracebacks of refusals, out of the log."""

from __future__ import annotations

import logging
import re

HIDDEN = "[hidden]"
# The beginnings of addresses that end in a secret. Next to some of them are pages without one.
BEGINNINGS = (
    "/login/link/",
    r"/login/reset/(?!(?:sent|done)/)",
    r"/login/email/(?!sent/)",
    r"/people/invitations/(?!\d+/)",
    r"/changes/feed/(?!address/)",
    "/webhooks/fal/",
    "[?&](?:ticket|code|state)=",
)
SECRETS = re.compile(rf"({'|'.join(BEGINNINGS)})[^/\s&\"'?]+")


class NoTracebacksOfRefusals(logging.Filter):
    """Drops the traceback of a request that was refused: a 403 is an answer, not a failure.

    Django logs every exception that a view raises with its traceback, and marks it by the status.
    """

    def filter(self, record: logging.LogRecord) -> bool:
        """Return True: every record is logged."""
        if getattr(record, "status_code", 500) < 500:
            record.exc_info = record.exc_text = None
        return True


class Redacted(logging.Formatter):
    """Replaces login links, feed addresses, webhook tokens and tickets, in tracebacks too."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the formatted record with each secret replaced by `[hidden]`."""
        return SECRETS.sub(rf"\1{HIDDEN}", super().format(record))
