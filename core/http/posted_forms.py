"""Reads posted forms: keeps file names as written, and needs little memory for large forms."""

from __future__ import annotations

import binascii
import re
from collections.abc import Mapping
from typing import Any

import django
from django.conf import settings
from django.core.exceptions import BadRequest, TooManyFieldsSent
from django.core.files.uploadedfile import UploadedFile
from django.core.files.uploadhandler import FileUploadHandler
from django.core.handlers.wsgi import WSGIHandler, WSGIRequest
from django.http import QueryDict
from django.http.multipartparser import MultiPartParser
from django.utils.datastructures import ImmutableList, MultiValueDict

from core.file_names import clean_name

SMALL_BYTES = 256 << 10  # of a form that Django may read
URLENCODED = "application/x-www-form-urlencoded"
_BROKEN_ESCAPE = re.compile(rb"%(?![0-9A-Fa-f]{2})")


class NamesAsWritten(MultiPartParser):
    """Django's parser, which here keeps file names as written.

    Django removes unprintable characters: the joiners of family emoji and of Hindi and Persian
    words, and the narrow space in macOS's names of screenshots. It also reads `&amp;` as HTML.
    """

    def sanitize_file_name(self, file_name: str) -> str:
        """Return the name without folders and control characters."""
        return clean_name(file_name)


class Request(WSGIRequest):
    """A request whose forms are read by `NamesAsWritten` and `read_form`, as UTF-8.

    A client may name another charset; the decoders of some take quadratic time (punycode).
    """

    # Django's, which its stubs leave out.
    _read_started: bool
    _files: MultiValueDict[str, UploadedFile[Any]]

    def __init__(self, environ: dict[str, Any]) -> None:
        super().__init__(environ)
        if self.encoding:
            self.encoding = "utf-8"

    def _load_post_and_files(self) -> None:
        is_form = self.method == "POST" and self.content_type == URLENCODED
        if is_form and not self._read_started and len(self.body) > SMALL_BYTES:
            self._post, self._files = read_form(self.body), MultiValueDict()
        else:
            super()._load_post_and_files()

    def parse_file_upload(
        self, META: Mapping[str, Any], post_data: Any
    ) -> tuple[QueryDict, MultiValueDict[str, UploadedFile[Any]]]:
        """Read the form as Django does, but with `NamesAsWritten`."""
        message = "You cannot alter upload handlers after the upload has been processed."
        handlers: list[FileUploadHandler] = ImmutableList(self.upload_handlers, warning=message)  # type: ignore[assignment]
        self.upload_handlers = handlers
        return NamesAsWritten(META, post_data, handlers, self.encoding).parse()


def read_form(body: bytes) -> QueryDict:
    """Return the fields of a urlencoded form; Django's own reading takes 90 times its size.

    Raises TooManyFieldsSent, and BadRequest for a broken escape, which Django leaves unchanged.
    """
    if body.count(b"&") >= settings.DATA_UPLOAD_MAX_NUMBER_FIELDS:
        raise TooManyFieldsSent
    if _BROKEN_ESCAPE.search(body):
        raise BadRequest("An escape in this form is not two hexadecimal digits.")
    fields = QueryDict(mutable=True)
    for pair in filter(None, body.split(b"&")):
        name, _, value = pair.partition(b"=")
        fields.appendlist(_decode(name), _decode(value))
    return fields


def _decode(text: bytes) -> str:
    """Decode with the codec for mail (quoted-printable), which has `=` in place of `%`."""
    quoted = text.replace(b"=", b"%3D").replace(b"%", b"=").replace(b"+", b" ")
    return binascii.a2b_qp(quoted).decode(errors="replace")


class Handler(WSGIHandler):
    """Django's WSGI application with our `Request`."""

    request_class = Request


def get_wsgi_application() -> Handler:
    """Return the application, like Django's function of this name."""
    django.setup(set_prefix=False)
    return Handler()
