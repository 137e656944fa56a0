"""Refusals as messages of the next page."""

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
    """Show on the next page why something within was refused, by one of these exceptions."""
    try:
        yield
    except refused as refusal:
        messages.error(request, str(refusal))
