"""Draws pictures outside the page threads, two at once: each takes a CPU core and 50 MB."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from threading import BoundedSemaphore

from core.http.errors import Unavailable

BUSY = "Other pictures are being drawn. Try again in a few seconds.\n"
BUSY_S = 5
_drawing = BoundedSemaphore(2)


def refusal() -> Unavailable | None:
    """Return the response that says to try again, while as many are drawn as may be at once."""
    if not _drawing.acquire(blocking=False):
        return Unavailable(BUSY, BUSY_S, content_type="text/plain; charset=utf-8")
    _drawing.release()
    return None


def in_turn(draw: Callable[[], bytes]) -> Iterator[bytes]:
    """Draw when the response is sent; waits while two others are being drawn."""
    with _drawing:
        drawn = draw()
    yield drawn
