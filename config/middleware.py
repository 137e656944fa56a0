"""Compression for what people read; media are compressed already, and ranges need their length."""

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.middleware.gzip import GZipMiddleware

TEXTS = ("text/html", "application/json", "application/atom+xml")


class CompressTexts(GZipMiddleware):
    """Django's GZipMiddleware for whole texts only."""

    def process_response(
        self, request: HttpRequest, response: HttpResponseBase
    ) -> HttpResponseBase:
        """The response, compressed where that pays."""
        is_text = response.headers.get("Content-Type", "").startswith(TEXTS)
        if response.streaming or not is_text:
            return response
        return super().process_response(request, response)
