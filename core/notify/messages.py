"""Short-lived messages between this machine's processes that use the same database.

They are not stored and may be lost, so a receiver must work without them: the same information is
in the database a moment later. A message goes over Unix sockets like a notification
(`unix_sockets.py`), on SQLite and on PostgreSQL. Processes on other machines get none. Each topic
has its own sockets, so that many messages of one topic do not displace those of another.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from django.db import connection

from core.notify import unix_sockets

MAX_BYTES = 60_000  # of one message; a socket's buffer holds about 200,000 bytes


def send(topic: str, message: bytes) -> bool:
    """Send a message to every listening process; False if it is too long or nobody listens."""
    return len(message) <= MAX_BYTES and unix_sockets.send(_name(topic), message)


@contextmanager
def on_message(topic: str, callback: Callable[[bytes], None]) -> Iterator[None]:
    """Call `callback` in the running loop with each message, for the duration of the block."""

    def receive(messages: list[bytes]) -> None:
        for message in messages:
            callback(message)

    with unix_sockets.on_receive(_name(topic), receive, MAX_BYTES):
        yield


def _name(topic: str) -> str:
    """Return the name under which this database's processes exchange messages of a topic."""
    database = connection.settings_dict
    return f"{database.get('HOST', '')}:{database.get('PORT', '')}/{database['NAME']}#{topic}"
