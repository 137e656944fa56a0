"""Looks for secrets in every log record, as the server would write it."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from config.logs import HIDDEN, SECRETS
from tests.leaks import secrets


@contextmanager
def watched_records() -> Iterator[None]:
    """Watch each record in the block, at the levels of `config.logs`."""
    make = logging.getLogRecordFactory()

    def make_watched(*arguments: Any, **named: Any) -> logging.LogRecord:
        record = make(*arguments, **named)
        secrets.check(SECRETS.sub(rf"\1{HIDDEN}", _text(record)), f"the log of {record.name}")
        return record

    levels = {"": logging.INFO, "httpx": logging.WARNING, "httpcore": logging.WARNING}
    before = {name: logging.getLogger(name).level for name in levels}
    logging.setLogRecordFactory(make_watched)
    for name, level in levels.items():
        logging.getLogger(name).setLevel(level)
    try:
        yield
    finally:
        logging.setLogRecordFactory(make)
        for name, level in before.items():
            logging.getLogger(name).setLevel(level)


def _text(record: logging.LogRecord) -> str:
    """Return the record's message and its exceptions'; a traceback adds only source lines."""
    try:
        texts = [record.getMessage()]
    except (TypeError, ValueError):  # logging itself reports wrong arguments
        texts = [f"{record.msg} {record.args}"]
    error = record.exc_info[1] if record.exc_info else None
    while error is not None:
        texts.append(str(error))
        error = error.__cause__ or error.__context__
    return "\n".join(texts)
