"""Notifies the other processes on this machine that use the same SQLite file.

Each process listens on a Unix socket in a folder that only this user can access. A notification is
a datagram with the sender's id, sent to all of them. It may get lost without harm, since every
waiter also polls the file.
"""

from __future__ import annotations

import asyncio
import hashlib
import os
import socket
import tempfile
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

MAX_SENDER_BYTES = 64
HAS_SOCKETS = hasattr(socket, "AF_UNIX") and hasattr(os, "getuid")


def folder(database: str) -> Path | None:
    """Return the folder of a database's sockets, created if missing.

    None if the system has no Unix sockets or the folder is not private to this user.
    """
    if not HAS_SOCKETS:
        return None
    path = _socket_folder(database)
    with suppress(OSError):  # a full or read-only disk
        path.mkdir(mode=0o700, exist_ok=True)
    return path if _is_private(path) else None


def _socket_folder(database: str) -> Path:
    """Return a short path, since that of a socket is limited to about 100 bytes."""
    digest = hashlib.sha256(database.encode()).hexdigest()[:16]
    return Path(tempfile.gettempdir()) / f"vitrine-{os.getuid()}-{digest}"


def _is_private(path: Path) -> bool:
    try:
        state = path.lstat()
    except OSError:
        return False
    return state.st_uid == os.getuid() and state.st_mode & 0o777 == 0o700


def notify(database: str, sender: str = "") -> None:
    """Notify every listener of this database."""
    send(database, sender.encode())


def send(name: str, data: bytes) -> bool:
    """Send a datagram to every listener; delete the sockets of processes that have ended.

    False if nobody received it.
    """
    if not (HAS_SOCKETS and _is_private(sockets := _socket_folder(name))):
        return False  # no process has listened yet
    is_received = False
    with _open_socket() as socket_:
        for path in sockets.iterdir():
            try:
                socket_.sendto(data, str(path))
                is_received = True
            except (ConnectionRefusedError, FileNotFoundError):
                path.unlink(missing_ok=True)
            except OSError:  # its queue is full: it has unread datagrams already
                continue
    return is_received


@contextmanager
def on_notify(database: str, callback: Callable[[set[str]], None]) -> Iterator[bool]:
    """Call `callback` with the senders' ids in the running loop, for the duration of the block.

    Notifications that arrive together result in one call. Yields False if none can be received.
    """

    def received(datagrams: list[bytes]) -> None:
        callback({sender.decode(errors="replace") for sender in datagrams})

    with on_receive(database, received, MAX_SENDER_BYTES) as is_notified:
        yield is_notified


@contextmanager
def on_receive(
    name: str, callback: Callable[[list[bytes]], None], max_bytes: int
) -> Iterator[bool]:
    """Call `callback` with the datagrams that have arrived, for the duration of the block.

    A longer datagram is cut off after `max_bytes`. Yields False if none can be received.
    """
    sockets = folder(name)
    if not sockets:
        yield False
        return
    path, loop = sockets / uuid.uuid4().hex, asyncio.get_running_loop()
    with _open_socket() as listener:
        listener.bind(str(path))

        def receive() -> None:
            datagrams = []
            with suppress(BlockingIOError):
                while True:
                    datagrams.append(listener.recv(max_bytes))
            callback(datagrams)

        loop.add_reader(listener, receive)
        try:
            yield True
        finally:
            loop.remove_reader(listener)
            path.unlink(missing_ok=True)


def _open_socket() -> socket.socket:
    new_socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    new_socket.setblocking(False)
    return new_socket
