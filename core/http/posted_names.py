"""Keeps the names of posted files as they were written."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import django
from django.core.files.uploadedfile import UploadedFile
from django.core.files.uploadhandler import FileUploadHandler
from django.core.handlers.wsgi import WSGIHandler, WSGIRequest
from django.http import QueryDict
from django.http.multipartparser import MultiPartParser
from django.utils.datastructures import ImmutableList, MultiValueDict

from core.file_names import clean_name


class NamesAsWritten(MultiPartParser):
    """Django's parser without its change of names.

    It removes what cannot be printed: the joiners of family emoji and of Hindi and Persian words,
    and the narrow space that macOS writes into the names of screenshots. It also reads `&amp;` in
    a name as HTML.
    """

    def sanitize_file_name(self, file_name: str) -> str:
        """Return the name without folders and control characters."""
        return clean_name(file_name)


class Request(WSGIRequest):
    """A request whose forms are read by `NamesAsWritten`."""

    def parse_file_upload(
        self, META: Mapping[str, Any], post_data: Any
    ) -> tuple[QueryDict, MultiValueDict[str, UploadedFile[Any]]]:
        """Read the form; as Django does, with another parser."""
        message = "You cannot alter upload handlers after the upload has been processed."
        handlers: list[FileUploadHandler] = ImmutableList(self.upload_handlers, warning=message)  # type: ignore[assignment]
        self.upload_handlers = handlers
        return NamesAsWritten(META, post_data, handlers, self.encoding).parse()


class Handler(WSGIHandler):
    """Django's WSGI application with this request."""

    request_class = Request


def get_wsgi_application() -> Handler:
    """Return the application, like Django's function of this name."""
    django.setup(set_prefix=False)
    return Handler()
