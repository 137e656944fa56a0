"""Lines of the log as JSON, for programs that collect them.

Separate from `logs.py`, which the settings import before any app can be imported.
"""

from __future__ import annotations

import json
import logging
from datetime import UTC, datetime

from config.logs import RedactingFormatter
from core.http import request_ids
from core.process import identity


class JsonLines(RedactingFormatter):
    """One JSON object a line; `request` is the request's id, `process` the kind of process."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the record as an object, without empty values."""
        exception = self.formatException(record.exc_info) if record.exc_info else ""
        line = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            # Before they are quoted: a secret must not take a quotation mark's backslash with it.
            "message": self.redact(record.getMessage()),
            "request": request_ids.current(),
            "process": identity.kind(),
            "exception": self.redact(exception),
        }
        return json.dumps({name: value for name, value in line.items() if value})
