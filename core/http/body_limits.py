"""Refuses a post with files that is larger than its view takes, before its body is read."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.core.files.uploadhandler import FileUploadHandler

View = TypeVar("View", bound=Callable[..., Any])


class PostTooLarge(RequestDataTooBig):
    """The post is larger than its view takes; the message is shown to people."""


def takes_up_to(most_mb: int) -> Callable[[View], View]:
    """Decorate a view that takes smaller posts than POST_MAX_MB."""

    def decorate(view: View) -> View:
        view.most_mb = most_mb  # type: ignore[attr-defined]
        return view

    return decorate


class RefuseLargePosts(FileUploadHandler):
    """The first of Django's upload handlers: nothing has been read or written when it is asked.

    It runs when the CSRF middleware reads the form, which is before the view and its decorators.
    """

    def handle_raw_input(
        self, input_data: Any, META: Any, content_length: int, *args: Any, **kwargs: Any
    ) -> None:
        """Raise PostTooLarge by the length that the client announces; it cannot send more."""
        match = self.request.resolver_match if self.request else None
        most_mb = min(settings.POST_MAX_MB, getattr(match and match.func, "most_mb", 1 << 40))
        if content_length > most_mb << 20:
            raise PostTooLarge(f"It has {content_length >> 20:,} MB; {most_mb:,} MB is the most.")

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes:
        """Pass the data on to the handlers that store it."""
        return raw_data

    def file_complete(self, file_size: int) -> None:
        """Leave the file to the handlers that store it."""
