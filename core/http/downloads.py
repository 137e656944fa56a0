"""Downloads: responses that browsers save as a file, of the content type that its name says."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.http import HttpResponse, HttpResponseBase, JsonResponse, StreamingHttpResponse
from django.utils.http import content_disposition_header

from core.http.streaming import OffThreadStream

CONTENT_TYPES = {
    "csv": "text/csv; charset=utf-8",
    "json": "application/json",
    "jsonl": "application/x-ndjson",
    "zip": "application/zip",
}


def download(content: str | dict[str, Any] | Iterable[bytes], name: str) -> HttpResponseBase:
    """Return a file of this name: a text, an object as JSON, or bytes that are made as it is sent.

    A ZIP is made outside the page thread pool, so producing its bytes must not touch the database.
    """
    ending = name.rpartition(".")[2]
    response: HttpResponseBase
    if isinstance(content, str):
        response = HttpResponse(content)
    elif isinstance(content, dict):
        response = JsonResponse(content)
    else:
        response = (OffThreadStream if ending == "zip" else StreamingHttpResponse)(content)
    response.headers["Content-Type"] = CONTENT_TYPES[ending]
    response.headers["Content-Disposition"] = content_disposition_header(True, name) or ""
    return response
