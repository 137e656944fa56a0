"""Shows refusals as messages on the next page."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.contrib import messages
from django.http import HttpRequest

from core.refusals import Refused


@contextmanager
def refusals_as_messages(
    request: HttpRequest, refused: type[Exception] | tuple[type[Exception], ...] = Refused
) -> Iterator[None]:
    """Catch these exceptions in the block, and show their messages on the next page."""
    try:
        yield
    except refused as refusal:
        messages.error(request, str(refusal))
