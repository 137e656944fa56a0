"""Compression of texts, who may hold on to a page's window, and what is no address."""

from collections.abc import Callable

import brotli
from django.http import Http404, HttpRequest
from django.http.response import HttpResponse, HttpResponseBase
from django.middleware.gzip import GZipMiddleware
from django.utils.cache import patch_vary_headers

TEXTS = ("text/html", "application/json", "application/atom+xml")
LEAST_BYTES = 200
QUALITY = 5  # as quick as gzip's default, and a tenth smaller


# Of `Sec-Fetch-Site` (W3C Fetch Metadata, 2.3): a person asked for the page, or another page of ours did.
UNOPENED = {"none", "same-origin"}


class CompressTexts(GZipMiddleware):
    """Brotli where the browser takes it, else Django's gzip; for whole texts only.

    Media are compressed already, and ranges need their length.
    """

    def process_response(
        self, request: HttpRequest, response: HttpResponseBase
    ) -> HttpResponseBase:
        """The response, compressed where that pays."""
        is_text = response.headers.get("Content-Type", "").startswith(TEXTS)
        if not isinstance(response, HttpResponse) or not is_text:
            return response
        accepted = {
            part.partition(";")[0].strip()
            for part in request.headers.get("Accept-Encoding", "").split(",")
        }
        is_done = response.has_header("Content-Encoding")
        if "br" not in accepted or is_done or len(response.content) < LEAST_BYTES:
            return super().process_response(request, response)
        patch_vary_headers(response, ("Accept-Encoding",))
        response.content = brotli.compress(response.content, quality=QUALITY)
        response.headers["Content-Length"] = str(len(response.content))
        response.headers["Content-Encoding"] = "br"
        etag = response.headers.get("ETag", "")
        if etag.startswith('"'):
            response.headers["ETag"] = f"W/{etag}"
        return response


def cut_off_openers(
    get_response: Callable[[HttpRequest], HttpResponseBase],
) -> Callable[[HttpRequest], HttpResponseBase]:
    """Takes the window from a site that opened it; nobody else has an opener to lose.

    The browser needs a new process for a page with this header (ADR 28), so only those have it
    that another site asked for, or that come from a browser which does not say who asked.
    """

    def respond(request: HttpRequest) -> HttpResponseBase:
        response = get_response(request)
        if request.headers.get("Sec-Fetch-Site") not in UNOPENED:
            response.headers.setdefault("Cross-Origin-Opener-Policy", "same-origin")
        return response

    return respond


def know_no_nul(
    get_response: Callable[[HttpRequest], HttpResponseBase],
) -> Callable[[HttpRequest], HttpResponseBase]:
    """Nothing has an address with a NUL in it, which PostgreSQL would not even look for."""

    def respond(request: HttpRequest) -> HttpResponseBase:
        if "\x00" in request.path_info:
            raise Http404("No address holds a NUL.")
        return get_response(request)

    return respond
