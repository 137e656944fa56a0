"""The outcome of an attempt to deliver a message."""

from __future__ import annotations

from typing import NamedTuple


class Outcome(NamedTuple):
    """The outcome of an attempt; `error` is a sentence, empty if it was accepted."""

    status: int | None = None
    error: str = ""
    is_permanent: bool = False
    retry_after_s: float = 0.0
