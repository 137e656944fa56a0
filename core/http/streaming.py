"""Responses whose bytes are sent outside the page thread pool."""

from __future__ import annotations

from django.http import StreamingHttpResponse


class OffThreadStream(StreamingHttpResponse):
    """Streams outside the page thread pool; producing its bytes must not touch the database."""
