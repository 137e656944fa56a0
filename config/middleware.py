"""Middleware: compression, content, opener and device policies, and rejection of NUL in paths."""

from collections.abc import Callable

import brotli
from csp.constants import HEADER
from csp.middleware import CSPMiddleware
from django.http import Http404, HttpRequest
from django.http.response import HttpResponse, HttpResponseBase
from django.middleware.gzip import GZipMiddleware
from django.utils.cache import patch_vary_headers
from django.utils.functional import cached_property

COMPRESSED_TYPES = ("text/html", "application/json", "application/atom+xml")
MIN_BYTES = 1000  # less fits into one packet as it is, and the encoder takes longer than the packet
QUALITY = 5  # as fast as gzip's default level, with output a tenth smaller
# 64 KB, as long as most pages. The encoder's default of 4 MB takes memory from the system for each
# response, which lasts four times as long as the encoding.
WINDOW_BITS = 16

# Values of `Sec-Fetch-Site` (W3C Fetch Metadata, 2.3) for a request that no other site caused.
SAME_SITE_FETCHES = {"none", "same-origin"}


class CompressTexts(GZipMiddleware):
    """Compresses with Brotli where the browser accepts it, else with Django's gzip.

    Complete text responses only: media are compressed already, and ranges need the file's length.
    """

    def process_response(
        self, request: HttpRequest, response: HttpResponseBase
    ) -> HttpResponseBase:
        """Return the response, compressed if it is text of at least `MIN_BYTES`."""
        is_text = response.headers.get("Content-Type", "").startswith(COMPRESSED_TYPES)
        if not isinstance(response, HttpResponse) or not is_text:
            return response
        if len(response.content) < MIN_BYTES:
            return response
        if response.has_header("Content-Encoding") or not _accepts_brotli(request):
            return super().process_response(request, response)
        patch_vary_headers(response, ("Accept-Encoding",))
        response.content = brotli.compress(response.content, quality=QUALITY, lgwin=WINDOW_BITS)
        response.headers["Content-Length"] = str(len(response.content))
        response.headers["Content-Encoding"] = "br"
        etag = response.headers.get("ETag", "")
        if etag.startswith('"'):
            response.headers["ETag"] = f"W/{etag}"
        return response


def _accepts_brotli(request: HttpRequest) -> bool:
    encodings = request.headers.get("Accept-Encoding", "").split(",")
    return "br" in {encoding.partition(";")[0].strip() for encoding in encodings}


class ContentSecurityPolicy(CSPMiddleware):
    """Adds the settings' policy, composed once; a view's own policy is composed per response."""

    def process_response(
        self, request: HttpRequest, response: HttpResponseBase
    ) -> HttpResponseBase:
        """Return the response with its policy."""
        if any(name.startswith("_csp_") for name in vars(response)):
            return super().process_response(request, response)
        response.headers.setdefault(HEADER, self._policy)
        return response

    @cached_property
    def _policy(self) -> str:
        plain = super().process_response(HttpRequest(), HttpResponse())
        return plain.headers[HEADER]


def is_page(response: HttpResponseBase) -> bool:
    """Whether a browser may show the response as a document, which JSON is not."""
    return not response.headers.get("Content-Type", "").startswith("application/json")


def set_opener_policy(
    get_response: Callable[[HttpRequest], HttpResponseBase],
) -> Callable[[HttpRequest], HttpResponseBase]:
    """Sends `Cross-Origin-Opener-Policy` on pages that another site may have opened.

    The header makes the browser start a new process for the page (ADR 51). Pages that a person or
    our own page asked for have no foreign opener, so they go without; a browser that sends no
    `Sec-Fetch-Site` gets the header always.
    """

    def respond(request: HttpRequest) -> HttpResponseBase:
        response = get_response(request)
        if is_page(response) and request.headers.get("Sec-Fetch-Site") not in SAME_SITE_FETCHES:
            response.headers.setdefault("Cross-Origin-Opener-Policy", "same-origin")
        return response

    return respond


# Pages use the microphone (recording for a form) and full screen (3D viewer), nothing else.
FORBIDDEN_FEATURES = [
    "accelerometer",
    "camera",
    "display-capture",
    "geolocation",
    "gyroscope",
    "hid",
    "midi",
    "payment",
    "serial",
    "usb",
]
PERMISSIONS_POLICY = ", ".join(
    [*(f"{name}=()" for name in FORBIDDEN_FEATURES), "microphone=(self)"]
)


def set_permissions_policy(
    get_response: Callable[[HttpRequest], HttpResponseBase],
) -> Callable[[HttpRequest], HttpResponseBase]:
    """Sends `Permissions-Policy` (W3C): the device features that a page may use."""

    def respond(request: HttpRequest) -> HttpResponseBase:
        response = get_response(request)
        if is_page(response):
            response.headers.setdefault("Permissions-Policy", PERMISSIONS_POLICY)
        return response

    return respond


def reject_nul_paths(
    get_response: Callable[[HttpRequest], HttpResponseBase],
) -> Callable[[HttpRequest], HttpResponseBase]:
    """Answers 404 to a path with a NUL, which PostgreSQL rejects as a query parameter."""

    def respond(request: HttpRequest) -> HttpResponseBase:
        if "\x00" in request.path_info:
            raise Http404("No address holds a NUL.")
        return get_response(request)

    return respond
