"""Configures logging, without secret parts of addresses and without tracebacks of refusals.

Lines are text, or with LOG_FORMAT=json one object each.
"""

from __future__ import annotations

import json
import logging
import re
import sys
from datetime import UTC, datetime
from types import TracebackType
from typing import Any, TextIO, cast

from config import audit
from core.process import identity

HIDDEN = "[hidden]"
# The beginnings of addresses that end in a secret. Next to some of them are pages without one.
BEGINNINGS = (
    "/login/link/",
    r"/login/reset/(?!(?:sent|done)/)",
    r"/login/email/(?!sent/)",
    r"/people/invitations/(?!\d+/)",
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


class RedactingFormatter(logging.Formatter):
    """Replaces login links, webhook tokens and tickets, in tracebacks too."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the formatted record with each secret replaced by `[hidden]`."""
        return self.redact(super().format(record))

    def redact(self, text: str) -> str:
        """Return a text with each secret replaced."""
        return SECRETS.sub(rf"\1{HIDDEN}", text)


class JsonStream:
    """Standard error or output with one JSON object per line; lines of text become objects."""

    def __init__(self, stream: TextIO) -> None:
        self._stream, self._rest = stream, ""

    def __getattr__(self, name: str) -> Any:
        """Delegate everything else to the stream."""
        return getattr(self._stream, name)

    def write(self, text: str) -> int:
        """Write the complete lines; log records are objects already."""
        *lines, self._rest = f"{self._rest}{text}".split("\n")
        for line in filter(str.strip, lines):
            is_record = line.startswith('{"time": ')
            self._stream.write(f"{line if is_record else self._as_object(line)}\n")
        return len(text)

    def _as_object(self, line: str) -> str:
        now = datetime.now(UTC).isoformat(timespec="milliseconds")
        values = {"time": now, "level": "INFO", "logger": self._stream.name, "message": line}
        return json.dumps(values | {"process": identity.kind()})


def write_json() -> None:
    """Print everything of this process as JSON, except what a command prints for users."""
    sys.stderr = cast("TextIO", JsonStream(sys.stderr))
    if identity.kind() in SERVICES:
        sys.stdout = cast("TextIO", JsonStream(sys.stdout))
    sys.excepthook = _log_uncaught


def _log_uncaught(
    kind: type[BaseException], error: BaseException, trace: TracebackType | None
) -> None:
    raised = (kind, error, trace)
    logging.getLogger("vitrine").critical("This process ends: %s", error, exc_info=raised)


SERVICES = {"up", "worker", "realtime"}
LINES = {"text": "line", "json": "json"}  # formatters by LOG_FORMAT


def configuration(audit_place: str, line_format: str = "text") -> dict[str, Any]:
    """Return LOGGING; raises ImproperlyConfigured if `audit_place` (AUDIT_LOG) is invalid.

    `line_format` is one of `LINES`.
    """
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "line": {
                "()": "config.logs.RedactingFormatter",
                "format": "%(asctime)s %(levelname)s %(name)s: %(message)s",
            },
            "json": {"()": "config.json_lines.JsonLines"},
            **audit.FORMATTERS,
        },
        "filters": {"refusals": {"()": "config.logs.NoTracebacksOfRefusals"}},
        "handlers": {
            "stderr": {
                "class": "logging.StreamHandler",
                "formatter": LINES[line_format],
                "filters": ["refusals"],
            },
            **audit.handlers(audit_place),
        },
        "root": {"handlers": ["stderr"], "level": "INFO"},
        "loggers": {
            "httpx": {"level": "WARNING"},
            "httpcore": {"level": "WARNING"},
            **audit.loggers(audit_place),
            # Only the root's handler redacts secrets, so Django's own handlers are removed.
            "django": {"handlers": [], "level": "INFO"},
            "django.server": {"handlers": [], "level": "INFO", "propagate": True},
        },
    }
