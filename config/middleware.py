"""Middleware: schemes, compression, opener and device policies, and rejection of NUL in paths."""

from collections.abc import Callable

from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.middleware.gzip import GZipMiddleware

COMPRESSED_TYPES = ("text/html", "application/json")

# Values of `Sec-Fetch-Site` (W3C Fetch Metadata, 2.3) for a request that no other site caused.
SAME_SITE_FETCHES = {"none", "same-origin"}


class CompressTexts(GZipMiddleware):
    """Django's middleware, for complete text responses only.

    Media are compressed already, and ranges need the file's length.
    """

    def process_response(
        self, request: HttpRequest, response: HttpResponseBase
    ) -> HttpResponseBase:
        """Return the response, compressed if it is text."""
        is_text = response.headers.get("Content-Type", "").startswith(COMPRESSED_TYPES)
        if response.streaming or not is_text:
            return response
        return super().process_response(request, response)


def is_page(response: HttpResponseBase) -> bool:
    """Whether a browser may show the response as a document, which JSON is not."""
    return not response.headers.get("Content-Type", "").startswith("application/json")


def set_opener_policy(
    get_response: Callable[[HttpRequest], HttpResponseBase],
) -> Callable[[HttpRequest], HttpResponseBase]:
    """Sends `Cross-Origin-Opener-Policy` on pages that another site may have opened.

    The header makes the browser start a new process for the page (ADR 51). Pages that a user or our
    own page requested have no foreign opener and no header; a browser that sends no
    `Sec-Fetch-Site` always gets it.
    """

    def respond(request: HttpRequest) -> HttpResponseBase:
        response = get_response(request)
        if is_page(response) and request.headers.get("Sec-Fetch-Site") not in SAME_SITE_FETCHES:
            response.headers.setdefault("Cross-Origin-Opener-Policy", "same-origin")
        return response

    return respond


def lower_forwarded_proto(
    get_response: Callable[[HttpRequest], HttpResponseBase],
) -> Callable[[HttpRequest], HttpResponseBase]:
    """Lets a proxy write `X-Forwarded-Proto: HTTPS`: schemes have no case (RFC 3986, 3.1).

    Django compares it with `https`, and would redirect each request to itself.
    """

    def respond(request: HttpRequest) -> HttpResponseBase:
        if scheme := request.META.get("HTTP_X_FORWARDED_PROTO"):
            request.META["HTTP_X_FORWARDED_PROTO"] = scheme.lower()
        return get_response(request)

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
            raise Http404("An address cannot contain a NUL character.")
        return get_response(request)

    return respond
