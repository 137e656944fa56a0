"""Wakes the other processes of this machine that work on the same SQLite file, at once.

Each has a socket in a folder that is this user's alone; a ring is a datagram to all of them that says who rings.
A ring that nobody hears is no loss: whoever waits looks at the file now and then by itself.
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

LONGEST_NAME = 64  # in bytes, of who rings
HAS_SOCKETS = hasattr(socket, "AF_UNIX") and hasattr(os, "getuid")


def folder(database: str) -> Path | None:
    """Where the sockets for a database lie, made if need be; None where there can be none, or it is not ours alone."""
    if not HAS_SOCKETS:
        return None
    place = _place(database)
    with suppress(OSError):  # a full or read-only disk
        place.mkdir(mode=0o700, exist_ok=True)
    return place if _is_ours(place) else None


def _place(database: str) -> Path:
    """Not beside the database: a socket's path has a hundred bytes at most."""
    digest = hashlib.sha256(database.encode()).hexdigest()[:16]
    return Path(tempfile.gettempdir()) / f"vitrine-{os.getuid()}-{digest}"


def _is_ours(place: Path) -> bool:
    try:
        state = place.lstat()
    except OSError:
        return False
    return state.st_uid == os.getuid() and state.st_mode & 0o777 == 0o700


def ring(database: str, who: str = "") -> None:
    """Wake everybody who listens for this database; a socket that nobody has any more is cleared away."""
    if not (HAS_SOCKETS and _is_ours(place := _place(database))):
        return  # nobody has ever listened
    with _socket() as sender:
        for path in place.iterdir():
            try:
                sender.sendto(who.encode(), str(path))
            except (ConnectionRefusedError, FileNotFoundError):
                path.unlink(missing_ok=True)
            except OSError:  # it has not yet heard those before
                continue


@contextmanager
def heard(database: str, act: Callable[[set[str]], None]) -> Iterator[None]:
    """Calls `act` in the running loop at each ring, for the block, with those who rang."""
    place = folder(database)
    if not place:
        yield
        return
    path, loop = place / uuid.uuid4().hex, asyncio.get_running_loop()
    with _socket() as listener:
        listener.bind(str(path))

        def hear() -> None:
            who = set()
            with suppress(BlockingIOError):  # all that rang since are one
                while True:
                    who.add(listener.recv(LONGEST_NAME).decode(errors="replace"))
            act(who)

        loop.add_reader(listener, hear)
        try:
            yield
        finally:
            loop.remove_reader(listener)
            path.unlink(missing_ok=True)


def _socket() -> socket.socket:
    made = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    made.setblocking(False)
    return made
